"""How notices about meetings, resolutions and consultations read, and what can be answered to them.

One row of OFFERS per kind that can: the capability, its argument, made of the notice's facts, and the words on the
button.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from handlers import agenda_words
from handlers.dates import day, day_and_time
from handlers.messages import Option, command, unended
from handlers.reasons import in_words
from texts import choice, text

#: What the kinds of this file begin with.
FAMILIES = ("meeting_", "resolution_", "consultation_", "ballot_", "referral_")

_AGENDA = (
    ("agenda", "{meeting}.approve", "agenda.approve"),
    ("agenda", "{meeting}.change", "agenda.change"),
    ("agenda", "{meeting}.paper", "agenda.paper"),
)
_RSVP = (
    ("rsvp", "{meeting}.coming", "rsvp.coming"),
    ("rsvp", "{meeting}.not_coming", "rsvp.not_coming"),
    ("rsvp", "{meeting}.proxy", "rsvp.proxy"),
)
_OPINION = (("opinion", "{meeting}", "menu.opinion"),)
_MINUTES = (("minutes", "{meeting}", "menu.minutes"),)
_VERIFY = (("verify", "{resolution}.yes", "verify.yes"), ("verify", "{resolution}.no", "verify.no"))
_SETTLE = (("settle_objection", "{resolution}", "menu.settle_objection"),)
_NOTE = (("resolution", "{resolution}.note", "resolution.note"), ("resolution", "{resolution}.done", "resolution.done"))

OFFERS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "consultation_called_participants": (("consultation", "{consultation}.join", "consultation.join"),),
    "consultation_said_participants": (("consultation", "{consultation}.say", "consultation.say"),),
    "consultation_text_participants": (
        ("consultation", "{consultation}.agree", "consultation.agree"),
        ("consultation", "{consultation}.disagree", "consultation.disagree"),
    ),
    "consultation_declined_participants": (("consultation", "{consultation}.say", "consultation.say"),),
    "meeting_unmet_convener": (("series", "", "menu.series"),),
    "meeting_draft_convener": _AGENDA,
    "meeting_allow_convener": _AGENDA,
    "meeting_remind_approval_convener": _AGENDA,
    "meeting_climb_convener": _AGENDA,
    "meeting_climb_above": _AGENDA,
    "meeting_approve_invited": _RSVP,
    "meeting_move_invited": _RSVP,
    "meeting_remind_day_convener": (("papers", "{meeting}.sign_in", "papers.paper_sign_in"),),
    "meeting_remind_day_silent": _RSVP,
    "meeting_cancel_invited": (("rsvp", "{meeting}.calendar", "rsvp.uncalendar"),),
    "meeting_proxy_given": (("rsvp", "{meeting}.refuse.{giver}", "rsvp.refuse"),),
    "meeting_proxy_refused": _RSVP,
    "meeting_proxy_not_coming": _RSVP,
    "meeting_ask_opinions_invited": _OPINION,
    "meeting_ask_opinions_residents": _OPINION,
    "meeting_open_check_in_convener": (("conduct", "{meeting}", "menu.conduct"),),
    "meeting_open_check_in_coming": (("check_in", "{meeting}", "menu.check_in"),),
    "meeting_close_convener": _MINUTES,
    "meeting_minutes_wrong_convener": _MINUTES,
    "meeting_remind_minutes_convener": _MINUTES,
    "meeting_remind_publish_convener": _MINUTES,
    "meeting_send_minutes_attendees": (
        ("check_minutes", "{meeting}.right.{version}", "check_minutes.right"),
        ("check_minutes", "{meeting}.wrong.{version}", "check_minutes.wrong"),
    ),
    "meeting_statement_waits": (("moderate", "{meeting}", "menu.moderate"),),
    "meeting_statement_hidden": (("opinion", "{meeting}", "menu.opinion"),),
    "ballot_opened_voters": (("vote", "{ballot}", ""),),
    "resolution_publish_raisers": (("object", "{resolution}", "menu.object"),),
    "resolution_object_convener": _SETTLE,
    "resolution_object_above": _SETTLE,
    "resolution_delay_convener": _SETTLE,
    "resolution_enter_force_owner": (("resolution", "{resolution}.accept", "resolution.accept"),),
    "resolution_reassign_owner": (("resolution", "{resolution}.accept", "resolution.accept"),),
    "resolution_warn_owner": _NOTE,
    "resolution_send_back_owner": _NOTE,
    "resolution_settled_holder": (("answer", "", "menu.answer"),),
    "resolution_unjudged_convener": (("resolution", "{resolution}", "menu.resolution"),),
    "resolution_digest_staff": (("resolution", "", "menu.resolution"),),
    "resolution_ask_verification_follow_up": _VERIFY,
    "resolution_ask_verification_raisers": _VERIFY,
}

_MOMENTS = ("meets_at", "met_before", "draft_at", "approve_by", "opens_by", "closes_by", "closes_at")
_DAYS = ("objections_until", "set_up_by")


def of_meetings(kind: str) -> bool:
    return kind.startswith(FAMILIES)


def sentence(kind: str, params: Mapping[str, Any]) -> str:
    """The words of such a notice alone."""
    return text(f"meeting_notices.{kind}", **_spoken(params))


def options_of(kind: str, params: Mapping[str, Any]) -> tuple[Option, ...]:
    """What can be answered to it; the values are commands."""
    found: list[Option] = []
    if params.get("unjudged"):
        return ()  # the convener's word is waited for
    for capability, argument, key in OFFERS.get(kind, ()):
        if not key:  # what the notice itself lets choose from
            named = argument.format_map(params)
            chosen = enumerate(params.get("options", ()))
            found += [Option(said, command(capability, 0, f"{named}.{index}")) for index, said in chosen]
            continue
        if key == "rsvp.proxy" and params.get("capacity", "voter") != "voter":
            continue  # who has no vote gives none away
        label, also = choice(key)
        issue = 0 if argument else int(params.get("issue", 0))
        found.append(Option(label, command(capability, issue, argument.format_map(params)), also))
    return tuple(found)


def _spoken(params: Mapping[str, Any]) -> dict[str, Any]:
    """The facts in words: days for moments, roles for posts."""
    spoken = dict(params)
    for said in ("note", "resolved", "standard", "moved_why", "progress"):
        if params.get(said):
            spoken[said] = unended(in_words(str(params[said])))
    for moment in _MOMENTS:
        if params.get(moment):
            spoken[moment] = day_and_time(params[moment])
    for moment in _DAYS:
        if params.get(moment):
            spoken[moment] = day(params[moment])
    if params.get("due_on"):
        spoken["due_on"] = whole_day(params["due_on"])
    if params.get("level"):
        spoken["level"] = text(f"words.level_{params['level']}")
    if "home" in params:
        spoken["who"] = text("meetings.guest", name=params["name"], home=params["home"], room=params["room"])
    if "referred_to" in params:
        to = params["referred_to"]
        spoken["referred_to"] = text(f"words.level_{to}") if to else text("minutes_words.to_post")
    if "behind" in params:
        spoken["behind"] = [
            {
                **line,
                "due_on": whole_day(line["due_on"]),
                "holder": text(f"words.holder_{line['holder_role']}", label=line["holder"]),
            }
            for line in params["behind"]
        ]
    if "holder_role" in params:
        spoken["holder"] = text(f"words.holder_{params['holder_role']}", label=params["holder"])
    if "lines" in params:
        spoken |= agenda_words.of_draft(params)
    if "agenda" in params:
        spoken["why"] = agenda_words.reason(params["agenda"])
        spoken["place"] = params["agenda"]["place"]
        spoken["words"] = unended(params["agenda"]["words"])
    return spoken


def whole_day(day: date | str) -> str:
    """11月27日, for a day without its moment."""
    when = date.fromisoformat(day) if isinstance(day, str) else day
    return text("dates.day", month=when.month, day=when.day)
