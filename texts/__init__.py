"""The words people read. ``text("report.received", number=3)`` renders ``received`` of texts/zh_CN/report.toml.

An entry is a sentence (a Jinja template) or, for a choice, a table ``{label = "…", also = ["…"]}``.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

LANGUAGE = "zh_CN"

_environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - plain text


@cache
def _catalogue(area: str, language: str) -> dict[str, Any]:
    return tomllib.loads((files("texts") / language / f"{area}.toml").read_text("utf-8"))


@cache
def _template(key: str, language: str) -> Template:
    area, name = key.split(".")
    return _environment.from_string(_catalogue(area, language)[name].strip("\n"))


def text(key: str, /, **params: object) -> str:
    return _template(key, LANGUAGE).render(**params)


def choice(key: str, /) -> tuple[str, tuple[str, ...]]:
    """The label of an option and the other words that mean the same."""
    area, name = key.split(".")
    entry = _catalogue(area, LANGUAGE)[name]
    return entry["label"], tuple(entry.get("also", ()))
