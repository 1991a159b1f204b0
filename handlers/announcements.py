"""How an owed notice reads, and what can be answered to it. One row of OPTIONS per kind that can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import categories, reasons
from handlers.dates import day, day_and_time
from handlers.messages import Button, Option, Outgoing, command
from texts import choice, text

_ACCEPT, _RESOLVE = ("accept", "menu.accept"), ("resolve", "menu.resolve")
_ASSIGN, _ANSWER = ("assign", "menu.assign"), ("answer", "menu.answer")

#: What an order offers to the role that holds the issue: the capability and the words on its button.
_TAKE_ON = {
    "steward": (_ACCEPT, _RESOLVE, ("assign", "words.to_property"), ("hand_over", "words.to_grid")),
    "secretary": (_ACCEPT, _ASSIGN, _ANSWER, ("hand_over", "words.to_community")),
    "community": (_ACCEPT, _ASSIGN, _ANSWER),
    "street": (_ACCEPT, _ANSWER),
    "handler": (_ANSWER,),
}
_RATINGS = ("satisfied", "basic", "unsatisfied")

#: Kinds whose sentence is an order to whoever now holds the issue.
_ORDERS = frozenset({"report_holder", "hand_over_holder", "assign_holder", "reopen_holder", "relocate_holder"})
KINDS_WITH_OPTIONS = _ORDERS | {"answer_raisers", "confirm_role"}


def announce(kind: str, params: Mapping[str, Any], *, notice_id: int, numbered: bool, repeat: bool) -> Outgoing:
    """A notice as a message. ``repeat``: an earlier try may have arrived, and the text says so (补发)."""
    mark = text("notices.repeat") if repeat else ""
    if kind == "late_reply":
        late = Outgoing.from_json(params["outgoing"])
        return Outgoing(mark + late.text, late.buttons, late.photos, late.numbered)
    photos = tuple(params.get("photos", ()))
    return Outgoing(mark + sentence(kind, params), notice_buttons(notice_id, kind, params), photos, numbered)


def notice_buttons(notice_id: int, kind: str, params: Mapping[str, Any]) -> tuple[Button, ...]:
    """The options of a notice as they travel: pressed, or said with the issue's number ("受理 31")."""
    return tuple(
        Button(option.label, f"n:{notice_id}:{index}", f"{option.label} {params.get('short', '')}".strip())
        for index, option in enumerate(options_of(kind, params))
    )


def sentence(kind: str, params: Mapping[str, Any]) -> str:
    """The words of a notice alone."""
    return text(f"notices.{kind}", **_spoken(params))


def options_of(kind: str, params: Mapping[str, Any]) -> tuple[Option, ...]:
    """What can be answered to a notice; the values are commands."""
    issue = int(params.get("issue", 0))
    if kind in _ORDERS:
        return deeds(params["holder_role"], issue)
    if kind == "answer_raisers":
        return tuple(_option(f"rate.{rating}", command("rate", issue, rating)) for rating in _RATINGS)
    if kind == "confirm_role":
        grant = int(params["grant"])
        return (
            _option("invitation.agree", command("confirm", grant, "yes")),
            _option("invitation.disagree", command("confirm", grant, "no")),
        )
    return ()


def deeds(holder_role: str, issue_id: int) -> tuple[Option, ...]:
    """What whoever holds an issue can do with it, in the words of their role."""
    return tuple(_option(key, command(what, issue_id)) for what, key in _TAKE_ON[holder_role])


def _option(key: str, value: str) -> Option:
    label, also = choice(key)
    return Option(label, value, also)


def _spoken(params: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a notice in words: labels for keys, days for moments."""
    spoken = dict(params)
    if params.get("note"):
        spoken["note"] = str(params["note"]).rstrip("。.；;，, \n")
    if "category" in params:
        spoken["category"] = categories.label(params["category"])
    if "holder_role" in params:
        spoken["holder"] = text(f"words.holder_{params['holder_role']}", label=params["holder"])
    if "first_answer_due" in params:
        spoken["first_answer_due"] = day_and_time(params["first_answer_due"])
        spoken["landing_due"] = day(params["landing_due"])
    if params.get("reason"):
        spoken["reason"] = text(f"words.reason_{params['reason']}")
    if params.get("rating"):
        spoken["rating"] = choice(f"rate.{params['rating']}")[0]
    if "posts" in params:
        spoken["posts"] = "、".join(text(f"words.holder_{role}", label=label) for role, label in params["posts"])
    if "role" in params:
        spoken["role"] = text(f"words.role_{params['role']}")
    if params.get("danger"):
        spoken["danger"] = text(f"words.danger_{params['danger']}")
    if params.get("grounds"):
        spoken["why"] = reasons.why(
            params["grounds"],
            category=params["category"],
            place=params["place"],
            holder_role=params["holder_role"],
            holder=params["holder"],
            recurs=params.get("recurs", ""),
        )
    spoken.setdefault("why", "")
    spoken.setdefault("photos", ())
    return spoken
