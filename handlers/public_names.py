"""What somebody wrote, for public pages and papers: people by their building, no telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from texts import text

_PHONE = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")
_SHORTEST_NAME = 2  # letters; a single one stands in too many words


def without_people(words: str, people: Mapping[str, str]) -> str:
    """Each name that is known as "3号楼居民", and no telephone number of anybody's own.

    ``people``: the building of each name, "" where it is not known.
    """
    words = _PHONE.sub(text("minutes_words.phone"), words)
    names = sorted((name for name in people if len(name) >= _SHORTEST_NAME), key=len, reverse=True)
    if not names:
        return words
    # A name in letters is no part of a longer word; between characters there is no such border.
    known = "|".join(re.escape(name) for name in names)
    named = re.compile(f"(?<![A-Za-z0-9])(?:{known})(?![A-Za-z0-9])")
    return named.sub(lambda found: text("minutes_words.somebody", building=people[found[0]]), words)
