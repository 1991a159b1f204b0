"""Whether two tellings are of one event, and what they have in common."""

from understanding.likeness.groups import Suggestions, suggest
from understanding.likeness.index import FLOOR, Index, alike, compare, likeness
from understanding.likeness.telling import Likeness, Match, Telling

__all__ = ["FLOOR", "Index", "Likeness", "Match", "Suggestions", "Telling", "alike", "compare", "likeness", "suggest"]
