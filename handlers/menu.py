"""Everything a person can ask for in chat: one row per capability. Its words are in texts/zh_CN/menu.toml."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from handlers.flows import (
    absence,
    accept,
    agenda,
    answer,
    arrive,
    ask,
    assign,
    ballot,
    cancel_meeting,
    check_in,
    check_minutes,
    clear,
    conduct,
    confirm,
    consult,
    consultation,
    correct,
    count,
    decide_extension,
    decline,
    delegates,
    enrol,
    extend,
    figures,
    follow_up,
    hand_over,
    help,
    help_out,
    human,
    leave_post,
    ledger,
    link,
    merge,
    minutes,
    moderate,
    move_meeting,
    my_meetings,
    name_lead,
    object,
    on_behalf,
    opinion,
    opinions_seen,
    papers,
    progress,
    propose,
    rate,
    relay,
    reopen,
    report,
    resolution,
    resolve,
    rsvp,
    series,
    settle_objection,
    shelve,
    sign_in,
    split,
    suggest,
    supervise,
    supply,
    tasks,
    unmerge,
    unshelve,
    urge,
    verify,
    void,
    vote,
    whistle,
    why,
    withdraw,
)
from handlers.prompts import Step
from models.rules.posts import Role
from texts import choice


@dataclass(frozen=True)
class Capability:
    """``roles`` None: everybody. Who may do it to which issue is decided by the workflow's row, not here."""

    key: str
    start: Step
    roles: frozenset[Role] | None = None


EVERYONE = None
STAFF = frozenset(Role)
ABOVE = frozenset({Role.SECRETARY, Role.COMMUNITY, Role.STREET})
FRONT = frozenset({Role.STEWARD}) | ABOVE
DESK = frozenset({Role.SECRETARY, Role.COMMUNITY})
NEAR = DESK | {Role.STEWARD}

CAPABILITIES = (
    Capability("report", report.start, EVERYONE),
    Capability("progress", progress.start, EVERYONE),
    Capability("supply", supply.start, EVERYONE),
    Capability("rate", rate.start, EVERYONE),
    Capability("urge", urge.start, EVERYONE),
    Capability("follow_up", follow_up.start, EVERYONE),
    Capability("reopen", reopen.start, EVERYONE),
    Capability("split", split.start, EVERYONE),
    Capability("withdraw", withdraw.start, EVERYONE),
    Capability("why", why.start, EVERYONE),
    Capability("correct", correct.start, EVERYONE),
    Capability("consultation", consultation.start, EVERYONE),
    Capability("my_meetings", my_meetings.start, EVERYONE),
    Capability("rsvp", rsvp.start, EVERYONE),
    Capability("object", object.start, EVERYONE),
    Capability("settle_objection", settle_objection.start, EVERYONE),
    Capability("resolution", resolution.start, EVERYONE),
    Capability("verify", verify.start, EVERYONE),
    Capability("enrol", enrol.start, EVERYONE),
    Capability("link", link.start, EVERYONE),
    Capability("human", human.start, EVERYONE),
    Capability("help", help.start, EVERYONE),
    Capability("tasks", tasks.start, STAFF),
    Capability("accept", accept.start, FRONT),
    Capability("resolve", resolve.start, STAFF),
    Capability("answer", answer.start, STAFF),
    Capability("hand_over", hand_over.start, FRONT),
    Capability("assign", assign.start, FRONT),
    Capability("ask", ask.start, STAFF),
    Capability("decline", decline.start, frozenset({Role.STEWARD, Role.HANDLER})),
    Capability("name_lead", name_lead.start, frozenset({Role.COMMUNITY, Role.STREET})),
    Capability("extend", extend.start, STAFF),
    Capability("decide_extension", decide_extension.start, ABOVE),
    Capability("suggest", suggest.start, frozenset({Role.STEWARD})),
    Capability("propose", propose.start, DESK),
    Capability("consult", consult.start, NEAR),
    Capability("minutes", minutes.start, FRONT),
    Capability("check_minutes", check_minutes.start, EVERYONE),
    Capability("shelve", shelve.start, DESK),
    Capability("unshelve", unshelve.start, DESK),
    Capability("void", void.start, DESK),
    Capability("whistle", whistle.start, ABOVE),
    Capability("arrive", arrive.start, frozenset({Role.HANDLER})),
    Capability("help_out", help_out.start, frozenset({Role.HANDLER})),
    Capability("supervise", supervise.start, ABOVE),
    Capability("merge", merge.start, NEAR),
    Capability("unmerge", unmerge.start, NEAR),
    Capability("count", count.start, NEAR),
    Capability("on_behalf", on_behalf.start, FRONT),
    Capability("relay", relay.start, FRONT | {Role.HANDLER}),
    Capability("absence", absence.start, STAFF),
    Capability("leave_post", leave_post.start, STAFF),
    Capability("figures", figures.start, ABOVE | {Role.ADMINISTRATOR}),
    Capability("ledger", ledger.start, FRONT | {Role.HANDLER}),
    Capability("clear", clear.start, FRONT),
    Capability("agenda", agenda.start, FRONT),
    Capability("papers", papers.start, FRONT),
    Capability("series", series.start, EVERYONE),
    Capability("delegates", delegates.start, NEAR),
    Capability("move_meeting", move_meeting.start, FRONT),
    Capability("cancel_meeting", cancel_meeting.start, FRONT),
    Capability("confirm", confirm.start, frozenset({Role.COMMUNITY, Role.ADMINISTRATOR})),
    Capability("ballot", ballot.start, NEAR),
    Capability("vote", vote.start, EVERYONE),
    Capability("opinion", opinion.start, EVERYONE),
    Capability("moderate", moderate.start, NEAR),
    Capability("opinions", opinions_seen.start, NEAR),
    Capability("check_in", check_in.start, EVERYONE),
    Capability("conduct", conduct.start, NEAR),
    Capability("sign_in", sign_in.start, NEAR),
)
BY_KEY = {capability.key: capability for capability in CAPABILITIES}

#: Other words that start a capability with an argument: "满意 31" is 评价 with 满意.
SAYINGS = (
    ("rate.satisfied", "rate", "satisfied"),
    ("rate.basic", "rate", "basic"),
    ("rate.unsatisfied", "rate", "unsatisfied"),
    ("words.to_property", "assign", ""),
    ("words.to_grid", "hand_over", ""),
    ("words.to_community", "hand_over", ""),
    ("ask.reply", "supply", ""),
    ("follow_up.said_yes", "follow_up", "yes"),
    ("relay.said_missed", "relay", "missed"),
    ("absence.back", "absence", "back"),
    ("check_minutes.right", "check_minutes", "right"),
    ("check_minutes.wrong", "check_minutes", "wrong"),
    ("decide_extension.agree", "decide_extension", "yes"),
    ("decide_extension.disagree", "decide_extension", "no"),
)


@cache
def by_word() -> dict[str, tuple[str, str]]:
    """Every word of the menu, to the capability and argument it means."""
    found: dict[str, tuple[str, str]] = {}
    for word, started, argument in _words():
        found.setdefault(word, (started, argument))
    return found


@cache
def labels() -> frozenset[str]:
    """The words that start a capability even where somebody is asked to tell something in their own words."""
    always = {word for word, (started, _) in by_word().items() if started in ("help", "human", "progress")}
    keys = [*(f"menu.{capability.key}" for capability in CAPABILITIES), *(key for key, _, _ in SAYINGS)]
    return frozenset(always | {choice(key)[0].lower() for key in keys})


def _words() -> Iterator[tuple[str, str, str]]:
    for capability in CAPABILITIES:
        label, also = choice(f"menu.{capability.key}")
        for word in (label, *also):
            yield word.lower(), capability.key, ""
    for key, started, argument in SAYINGS:
        label, also = choice(key)
        for word in (label, *also):
            yield word.lower(), started, argument


def offered(key: str, roles: Collection[Role]) -> bool:
    allowed = BY_KEY[key].roles
    return allowed is None or bool(allowed & set(roles))
