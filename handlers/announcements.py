"""How an owed notice reads, and what can be answered to it. One row of OPTIONS per kind that can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from handlers import agenda_words, awaited_words, categories, meeting_notices, reasons
from handlers.dates import day, day_and_time
from handlers.messages import Button, File, Option, Outgoing, command, unended
from models.document import CONTENT_TYPES
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Rating, State
from services.outbox import Envelope
from texts import choice, text

_ACCEPT, _RESOLVE = ("accept", "menu.accept"), ("resolve", "menu.resolve")
_ASSIGN, _ANSWER = ("assign", "menu.assign"), ("answer", "menu.answer")
_ASK, _EXTEND, _DECLINE = ("ask", "menu.ask"), ("extend", "menu.extend"), ("decline", "menu.decline")
_NAME_LEAD = ("name_lead", "menu.name_lead")

#: What an order offers to the role that holds the issue: the capability and the words on its button.
_TAKE_ON = {
    "steward": (_ACCEPT, _RESOLVE, ("assign", "words.to_property"), ("hand_over", "words.to_grid")),
    "secretary": (_ACCEPT, _ASSIGN, _ANSWER, ("hand_over", "words.to_community")),
    "community": (_ACCEPT, _ASSIGN, _ANSWER),
    "street": (_ACCEPT, _ASSIGN, _ANSWER),
    "handler": (_ANSWER, _ASK, _EXTEND, _DECLINE),
}
#: What the capabilities of an order do to an issue.
ACTIONS = {
    "accept": Action.ACCEPT,
    "resolve": Action.ANSWER,
    "answer": Action.ANSWER,
    "assign": Action.ASSIGN,
    "hand_over": Action.HAND_OVER,
    "ask": Action.ASK,
    "extend": Action.ASK_EXTENSION,
    "decline": Action.DECLINE,
    "name_lead": Action.NAME_LEAD,
}
_LEADS = frozenset({"community", "street"})  # who names one

#: Kinds whose sentence is an order, or a reminder of one, to whoever now holds the issue.
_ORDERS = frozenset(
    f"{action}_holder"
    for action in (
        Action.REPORT,
        Action.HAND_OVER,
        Action.ASSIGN,
        Action.NAME_LEAD,
        Action.DECLINE,
        Action.ESCALATE,
        Action.RESUME,
        Action.RELOCATE,
        Action.UNMERGE,
        Action.DECIDE,
        Action.RETURN,
        Action.UNSHELVE,
        Action.REVIEW,
        Action.REOPEN,
        Action.URGE,
        Action.SUPERVISE,
        Action.HELP,
        Action.WARN,
    )
)

#: What the other kinds offer: the capability, its argument, and the words on the button.
_OFFERS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "answer_raisers": tuple(("rate", rating.value, f"rate.{rating}") for rating in Rating),
    "ask_raiser": (("supply", "", "ask.reply"),),
    "ask_extension_above": (
        ("decide_extension", "yes", "decide_extension.agree"),
        ("decide_extension", "no", "decide_extension.disagree"),
    ),
    "suggest_above": (("propose", "", "menu.propose"),),
    "urge_above": (("supervise", "", "menu.supervise"),),
    "merge_raisers": (("split", "", "menu.split"),),
    "follow_up_silent_raisers": (("follow_up", "yes", "follow_up.yes"), ("follow_up", "no", "follow_up.no")),
    "whistle_helpers": (("arrive", "", "menu.arrive"), ("help_out", "", "menu.help_out")),
}
KINDS_WITH_OPTIONS = _ORDERS | set(_OFFERS) | set(meeting_notices.OFFERS) | {"confirm_role", "visit"}


#: Kinds that are a message of their own: a stored reply with its own question, a file.
_ALONE = frozenset({"late_reply", "document_ready"})
#: Bytes of what stands around the notices of one message: how many they are, and how to answer those above the last.
BUNDLE_FRAME = 300
_PHOTO_ROOM = 200  # bytes that a photo counts for: where it does not travel, its address does


def message_of(envelope: Envelope) -> Outgoing:
    """What leaves: a notice, or several of one person one under another. Then the options are those of the last that
    asks something; what is asked above it is answered with its number ("受理 31")."""
    first = envelope.notices[0]
    if not envelope.more:
        return announce(first.kind, first.params, notice_id=first.id, numbered=envelope.numbered, repeat=first.repeat)
    parts = [
        announce(n.kind, n.params, notice_id=n.id, numbered=envelope.numbered, repeat=n.repeat)
        for n in envelope.notices
    ]
    asking = [part.buttons for n, part in zip(envelope.notices, parts, strict=True) if n.kind in KINDS_WITH_OPTIONS]
    *above, last = asking or [()]
    words = text(
        "notices.together",
        count=len(parts),
        notices=[part.text for part in parts],
        example=next((buttons[0].say for buttons in above if buttons), ""),
    )
    photos = tuple(photo for part in parts for photo in part.photos)
    return Outgoing(words, last, photos, envelope.numbered)


def room_of(kind: str, params: Mapping[str, Any]) -> int | None:
    """The bytes that a notice takes among others, at most. None: it is a message of its own, as is one whose question
    could not be answered by a number, and one that turns out to have no words."""
    if kind in _ALONE:
        return None
    try:
        words, options = sentence(kind, params), options_of(kind, params)
    except Exception:
        return None
    if options and not params.get("short"):
        return None
    lines = (text("notices.repeat"), words, *(f"00 {option.label}" for option in options))
    return len("\n".join(lines).encode()) + 8 + _PHOTO_ROOM * len(params.get("photos", ()))


def announce(kind: str, params: Mapping[str, Any], *, notice_id: int, numbered: bool, repeat: bool) -> Outgoing:
    """A notice as a message. ``repeat``: an earlier try may have arrived, and the text says so (补发)."""
    mark = text("notices.repeat") if repeat else ""
    if kind == "late_reply":
        late = Outgoing.from_json(params["outgoing"])
        return replace(late, text=mark + late.text)
    return Outgoing(
        mark + sentence(kind, params),
        notice_buttons(notice_id, kind, params),
        tuple(params.get("photos", ())),
        numbered,
        files_of(kind, params),
    )


def files_of(kind: str, params: Mapping[str, Any]) -> tuple[File, ...]:
    """The document that a notice brings."""
    if kind != "document_ready":
        return ()
    name = str(params["name"])
    return (File(params["document"], name, CONTENT_TYPES[name.rpartition(".")[2]]),)


def notice_buttons(notice_id: int, kind: str, params: Mapping[str, Any]) -> tuple[Button, ...]:
    """The options of a notice as they travel: pressed, or said with the issue's number ("受理 31")."""
    return tuple(
        Button(option.label, f"n:{notice_id}:{index}", f"{option.label} {params.get('short', '')}".strip())
        for index, option in enumerate(options_of(kind, params))
    )


def sentence(kind: str, params: Mapping[str, Any]) -> str:
    """The words of a notice alone."""
    if meeting_notices.of_meetings(kind):
        return meeting_notices.sentence(kind, params)
    return text(f"notices.{kind}", **_spoken(params))


def options_of(kind: str, params: Mapping[str, Any]) -> tuple[Option, ...]:
    """What can be answered to a notice; the values are commands."""
    if meeting_notices.of_meetings(kind):
        return meeting_notices.options_of(kind, params)
    issue = int(params.get("issue", 0))
    if kind in _ORDERS:
        return _order(kind, params, issue)
    if kind == "confirm_role":
        grant = int(params["grant"])
        return (
            _option("invitation.agree", command("confirm", grant, "yes")),
            _option("invitation.disagree", command("confirm", grant, "no")),
        )
    if kind == "clearing":
        return tuple(map(_overdue, params["lines"]))
    if kind == "visit":
        return _visit(params, issue)
    return tuple(_option(key, command(what, issue, said)) for what, said, key in _OFFERS.get(kind, ()))


def deeds(holder_role: str, issue_id: int, state: str = State.RECEIVED) -> tuple[Option, ...]:
    """What whoever holds an issue can do with it in its state, in the words of their role."""
    return tuple(_option(key, command(what, issue_id)) for what, key in _possible(_TAKE_ON[holder_role], state))


def _order(kind: str, params: Mapping[str, Any], issue_id: int) -> tuple[Option, ...]:
    role, state = params["holder_role"], params.get("state") or State.RECEIVED
    take_on = _TAKE_ON[role]
    if params.get("name_lead") and role in _LEADS:
        take_on = (_NAME_LEAD, *take_on)
    if kind != "assign_holder":  # later on the page of the issue offers it, where it is not too late
        take_on = tuple(offer for offer in take_on if offer is not _DECLINE)
    return tuple(_option(key, command(what, issue_id)) for what, key in _possible(take_on, state))


def _possible(offers: Iterable[tuple[str, str]], state: str) -> Iterator[tuple[str, str]]:
    allowed = {row.action for row in ISSUE_WORKFLOW if State(state) in row.sources}
    return (offer for offer in offers if ACTIONS[offer[0]] in allowed)


def _visit(params: Mapping[str, Any], issue_id: int) -> tuple[Option, ...]:
    """What came of going to one door; of several each has its own under 我的任务."""
    if "raiser" not in params:
        return (_option("menu.tasks", command("tasks", 0)),)
    raiser = params["raiser"]
    return (
        _option("menu.relay", command("relay", issue_id, f"{raiser}")),
        _option("relay.missed", command("relay", issue_id, f"{raiser}:missed")),
    )


def _overdue(line: Mapping[str, Any]) -> Option:
    """One tap for an overdue issue: whoever is above supervises, the holder answers where that is possible."""
    what = "supervise" if line["above"] else "answer" if line["answerable"] else "progress"
    return Option(text(f"clear.{what}", short=line["short"]), command(what, line["issue"]))


def _option(key: str, value: str) -> Option:
    label, also = choice(key)
    return Option(label, value, also)


def _spoken(params: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a notice in words: labels for keys, days for moments."""
    spoken = dict(params) | {"awaits": awaited_words.of_notice(params)}
    for said in ("note", "reason_given"):
        if params.get(said):
            spoken[said] = unended(reasons.in_words(str(params[said])))
    if "category" in params:
        spoken["category"] = categories.label(params["category"])
    if "holder_role" in params:
        spoken["holder"] = text(f"words.holder_{params['holder_role']}", label=params["holder"])
    if "first_answer_due" in params:
        spoken["first_answer_due"] = day_and_time(params["first_answer_due"])
        mark = text("dates.estimated") if params.get("estimated") else ""
        spoken["landing_due"] = day(params["landing_due"]) + mark
    if params.get("reason"):
        spoken["reason"] = text(f"words.reason_{params['reason']}")
    if params.get("until"):
        by_the_hour = params.get("units") or params.get("meeting")
        spoken["until"] = day_and_time(params["until"]) if by_the_hour else day(params["until"])
    if params.get("level"):
        spoken["level"] = text(f"words.level_{params['level']}")
    if params.get("state"):
        spoken["state"] = text(f"words.state_{params['state']}")
    if params.get("rating"):
        spoken["rating"] = choice(f"rate.{params['rating']}")[0]
    if "posts" in params:
        spoken["posts"] = "、".join(text(f"words.holder_{role}", label=label) for role, label in params["posts"])
    if "lines" in params:
        spoken["lines"] = [
            {
                **line,
                "holder": text(f"words.holder_{line['role']}", label=line["holder"]),
                "awaits": awaited_words.of_notice(line, form="short"),
            }
            for line in params["lines"]
        ]
    if "visits" in params:
        spoken["visits"] = [{**each, "message": sentence(each["kind"], each["params"])} for each in params["visits"]]
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
    if params.get("agenda"):
        spoken["agenda_why"] = agenda_words.reason(params["agenda"])
    spoken.setdefault("why", "")
    spoken.setdefault("households", None)
    spoken.setdefault("photos", ())
    return spoken
