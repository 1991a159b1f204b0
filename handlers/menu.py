"""Everything a person can ask for in chat: one row per capability. Its words are in texts/zh_CN/menu.toml."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from handlers.flows import (
    accept,
    answer,
    assign,
    confirm,
    correct,
    enrol,
    hand_over,
    help,
    human,
    link,
    on_behalf,
    progress,
    rate,
    relay,
    reopen,
    report,
    resolve,
    supply,
    tasks,
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

CAPABILITIES = (
    Capability("report", report.start, EVERYONE),
    Capability("progress", progress.start, EVERYONE),
    Capability("supply", supply.start, EVERYONE),
    Capability("rate", rate.start, EVERYONE),
    Capability("reopen", reopen.start, EVERYONE),
    Capability("withdraw", withdraw.start, EVERYONE),
    Capability("why", why.start, EVERYONE),
    Capability("correct", correct.start, EVERYONE),
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
    Capability("on_behalf", on_behalf.start, FRONT),
    Capability("relay", relay.start, FRONT),
    Capability("confirm", confirm.start, frozenset({Role.COMMUNITY, Role.ADMINISTRATOR})),
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
