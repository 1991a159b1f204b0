"""What a person reads when a setting is not accepted: its name, and what is allowed instead."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from texts import text

_SHOWN = 40  # characters of a refused value


def refusals(error: ValidationError, settings: type[BaseModel], given: Mapping[str, Any]) -> list[str]:
    """One line for each refused setting. A secret's value never appears in it."""
    return [_refusal(e["type"], e["loc"], e["msg"], settings, given) for e in error.errors(include_url=False)]


def _refusal(
    kind: str, where: tuple[int | str, ...], why: str, settings: type[BaseModel], given: Mapping[str, Any]
) -> str:
    name = ".".join(str(part) for part in where[:2])
    if kind == "extra_forbidden":
        return _unknown(name, _names(settings) if len(where) > 1 else list(settings.model_fields))
    if len(where) < 2:
        own_words = kind == "value_error" and why.removeprefix("Value error, ")
        return text("settings.refused_section", name=name, why=own_words or text("settings.want_section"))
    field = _field(settings, str(where[0]), str(where[1]))
    wants = why.removeprefix("Value error, ") if kind == "value_error" else allowed(field)
    value = given[str(where[0])].get(str(where[1]))
    if field.annotation is SecretStr or where[:2] == ("database", "url"):
        return text("settings.refused_secret", name=name, allowed=wants)
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    return text("settings.refused", name=name, value=shown[:_SHOWN], allowed=wants)


def unknown_variable(variable: str, settings: type[BaseModel]) -> str:
    names = ["ZHUOLUO_" + name.replace(".", "__").upper() for name in _names(settings)]
    return _unknown(variable, names)


def _unknown(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return text("settings.unknown_close", name=name, close=close[0])
    return text("settings.unknown", name=name)


def _names(settings: type[BaseModel]) -> list[str]:
    return [f"{section}.{name}" for section, field in settings.model_fields.items() for name in dict(field.default)]


def _field(settings: type[BaseModel], section: str, name: str) -> FieldInfo:
    kind = settings.model_fields[section].annotation
    assert isinstance(kind, type)  # noqa: S101 - sections are models
    assert issubclass(kind, BaseModel)  # noqa: S101
    return kind.model_fields[name]


def allowed(field: FieldInfo) -> str:
    """What a setting accepts, in words."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(str(choice) for choice in get_args(kind))
    if kind is bool:
        return "true, false"
    if get_origin(kind) is list or isinstance(kind, types.GenericAlias):
        return text("settings.want_list")
    bounds = [
        f" {sign} {value:g}"
        for limit in field.metadata
        for attribute, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
        if (value := getattr(limit, attribute, None)) is not None
    ]
    if kind is int:
        return text("settings.want_integer") + ",".join(bounds)
    if kind is float:
        return text("settings.want_number") + ",".join(bounds)
    return text("settings.want_text")
