"""What stands in the braces of each template, with something in all of it: to try a community's own templates with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_MEETING = {"title": "1", "time": "1", "venue": "1", "form": "1", "convener": "1"}
_SIGNED = {"signed": "1", "day": "1"}

SAMPLES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "agenda": {
            **_MEETING,
            "invited": "1",
            "items": [{"title": "1", "minutes": 1, "lines": ["1", "2"]}],
            "waiting": ["1"],
        },
        "notice": {
            **_MEETING,
            **_SIGNED,
            "greeting": "1",
            "opening": "1",
            "topics": "1",
            "items": ["1", "2"],
            "closing": "1",
            "code_words": "1",
        },
        "sign_in": {**_MEETING, "rows": [{"names": "1", "building": "1"}, {"names": "", "building": ""}]},
        "minutes": {
            **_MEETING,
            **_SIGNED,
            "opening": ["1"],
            "closing": ["1"],
            "items": [{"title": "1", "lines": ["1", "2"]}],
        },
        "resolutions": {
            "title": "1",
            "rows": [{"number": "1", "topic": "1", "resolution": "1", "owner": "1", "dates": "1", "state": "1"}],
        },
    }
)
