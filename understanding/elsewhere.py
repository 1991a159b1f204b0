"""What no community can do: courts, petitions, wrongdoing of officials, state secrets, calling the police.

It interrupts people, so only the demand itself counts: who threatens with a petition, or tells that a court has
decided, wants something else.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import NamedTuple

from understanding.segment import LONGEST, SENTENCE_ENDS, plain

_READ = 80
"""Characters in which people say what they want."""
_AROUND = 14
"""Characters to either side in which the demand may turn out to be another."""


class _Rule(NamedTuple):
    key: str
    words: re.Pattern[str]
    unless: re.Pattern[str]
    demand: re.Pattern[str] | None
    who: re.Pattern[str] | None
    always: re.Pattern[str] | None


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(plain(word)) for word in sorted(words, key=len, reverse=True)))


def _rules() -> tuple[_Rule, ...]:
    table = tomllib.loads(files("understanding").joinpath("elsewhere.toml").read_text(encoding="utf-8"))
    return tuple(
        _Rule(
            key,
            _any_of(lists["sure"]),
            _any_of(lists["unless"]),
            _any_of(lists["demand"]) if "demand" in lists else None,
            _any_of(lists["who"]) if "who" in lists else None,
            _any_of(lists["always"]) if "always" in lists else None,
        )
        for key, lists in table.items()
    )


_RULES = _rules()
_ANY = re.compile(
    r"警|1[12][09]|救护|消防|密|间谍|特务|境外|军|部队|情报|策反|贪|贿|腐|谋私|钱交易|官|公款|侵占|冒领|低保"
    r"|吃拿卡|保护伞|红包|违纪|访|法院|执行|立案|起诉|官司|诉状|再审|判|开庭|老赖|查封|保全"
)


def elsewhere(text: str) -> str | None:
    """court, petition, discipline, secrets or emergency where the demand belongs there."""
    text = plain(text[:LONGEST])
    if not _ANY.search(text, 0, _READ):
        return None
    for rule in _RULES:
        if rule.always and rule.always.search(text, 0, _READ):
            return rule.key
        for found in rule.words.finditer(text, 0, _READ):
            start = max(0, found.start() - _AROUND)
            stop = found.end() + _AROUND
            ended = next((at for at in range(found.end(), min(stop, len(text))) if text[at] in SENTENCE_ENDS), stop)
            if rule.unless.search(text, start, ended):
                continue
            if all(part is None or part.search(text, 0, _READ) for part in (rule.demand, rule.who)):
                return rule.key
    return None
