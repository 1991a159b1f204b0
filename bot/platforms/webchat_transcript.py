"""The web chat's transcript: what was said and what was answered, as rows whose ids are the page's event ids.

Own words and the reply are appended together after the answer was committed, both tagged with the client's key. Should
the process die in between, the browser still holds the message and posts it again: the answer is the stored one, the
key is not in the transcript yet, and the pair is appended then. The account's row is locked while appending, so that
one person's ids become visible in their order and "everything after id N" never skips one.

Nothing that was appended ever changes. An answer that stands in the place of the message whose button was pressed is a
row of its own, and says with ``replaces`` which one the page no longer shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.messages import Outgoing, files_from
from models.conversation import WebMessage
from models.member import Account
from texts import text

#: Rows in one answer; a page that has more behind it asks again.
PAGE = 200
#: Rows in which the message is looked for whose button was pressed.
_LOOKED_THROUGH = 50


def append_exchange(
    session: Session, *, visitor: str, key: str, own: Mapping[str, Any], reply: Outgoing, at: datetime
) -> list[dict[str, Any]]:
    """Append what the person said and what we answered, once per ``key``; return both as the page shows them.

    Without an account (nothing of this person is kept yet) they are shown and not kept: their ids are None.
    """
    said = {**own, "text": text("common.own_vote"), "press": ""} if reply.kept_as else own
    bodies: list[tuple[bool, dict[str, Any]]] = [(True, {**said, "key": key})]
    if not reply.empty:
        bodies.append((False, {**reply.to_json(), "key": key}))
    account_id = _locked_account(session, visitor)
    if account_id is None:
        return [_shown(WebMessage(own=mine, body=body, at=at)) for mine, body in bodies]
    mine = WebMessage.account_id == account_id
    rows = list(
        session.scalars(
            select(WebMessage).where(mine, WebMessage.body["key"].as_string() == key).order_by(WebMessage.id)
        )
    )
    if not rows:
        if reply.live and own.get("press"):
            bodies[-1][1]["replaces"] = _pressed(session, account_id, str(own["press"]))
        rows = [_append(session, account_id, own=is_own, body=body, at=at) for is_own, body in bodies]
    shown = [_shown(row) for row in rows]
    if reply.kept_as and not reply.empty:
        shown[-1]["text"] = reply.text  # in this one answer only; later the page shows what was kept
    return shown


def append_notice(session: Session, *, visitor: str, message: Outgoing, at: datetime) -> bool:
    """Append a message of ours. False: we know no such person."""
    account_id = _locked_account(session, visitor)
    if account_id is None:
        return False
    if not message.empty:
        _append(session, account_id, own=False, body=message.to_json(), at=at)
    return True


def transcript(session: Session, *, visitor: str, after: int) -> list[dict[str, Any]]:
    """The first ``PAGE`` rows after id ``after``; after 0 the last ``PAGE`` of the whole conversation. Oldest first."""
    rows = select(WebMessage).join(Account, Account.id == WebMessage.account_id)
    rows = rows.where(Account.platform == "webchat", Account.external_id == visitor).limit(PAGE)
    if after > 0:
        found = list(session.scalars(rows.where(WebMessage.id > after).order_by(WebMessage.id)))
    else:
        found = list(session.scalars(rows.order_by(WebMessage.id.desc())))[::-1]
    return [_shown(row) for row in found]


def newest(session: Session, *, visitors: Collection[str]) -> dict[str, int]:
    """The id of each visitor's last row; who has none is left out. One query for all of them."""
    rows = session.execute(
        select(Account.external_id, func.max(WebMessage.id))
        .join(WebMessage, WebMessage.account_id == Account.id)
        .where(Account.platform == "webchat", Account.external_id.in_(visitors))
        .group_by(Account.external_id)
    )
    return {row[0]: row[1] for row in rows}


def _locked_account(session: Session, visitor: str) -> int | None:
    return session.scalar(
        select(Account.id).where(Account.platform == "webchat", Account.external_id == visitor).with_for_update()
    )


def _pressed(session: Session, account_id: int, press: str) -> int | None:
    """The row under which this button stands; None where it lies too far back."""
    ours = (WebMessage.account_id == account_id, WebMessage.own.is_(False))
    rows = session.scalars(select(WebMessage).where(*ours).order_by(WebMessage.id.desc()).limit(_LOOKED_THROUGH))
    buttons = ((row.id, button["data"]) for row in rows for button in row.body.get("buttons", ()))
    return next((row for row, data in buttons if data == press), None)


def _append(session: Session, account_id: int, *, own: bool, body: dict[str, Any], at: datetime) -> WebMessage:
    row = WebMessage(account_id=account_id, own=own, body=body, at=at)
    session.add(row)
    session.flush()
    return row


def _shown(row: WebMessage) -> dict[str, Any]:
    """``lasting``: the button stays good however much is said after it (it names its matter by itself). ``replaces``:
    the row in whose place this one stands."""
    body = row.body
    return {
        "id": row.id,
        "own": row.own,
        "key": body.get("key", ""),
        "press": body.get("press", ""),
        "text": body["text"],
        "photos": list(body["photos"]),
        "files": [{"name": file.name, "path": file.path, "picture": file.picture} for file in files_from(body)],
        "buttons": [
            {"label": b["label"], "data": b["data"], "lasting": bool(b["say"])} for b in body.get("buttons", ())
        ],
        "numbered": body.get("numbered", False),
        "replaces": body.get("replaces"),
        "at": row.at.isoformat(),
    }
