"""What a person reads when a setting is not accepted: its name, and what is allowed instead."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
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
    own_words = why.removeprefix("Value error, ") if kind == "value_error" else ""
    table = [str(part) for part in where[:-2]] if where[-1] == "[key]" else []
    path = table or [part for part in where if isinstance(part, str)]
    name = ".".join(path)
    if kind == "extra_forbidden":
        return _unknown(name, _names(settings) if len(path) > 1 else list(settings.model_fields))
    if len(path) < 2:
        return text("settings.refused_section", name=name, why=own_words or text("settings.want_section"))
    field = _field(settings, path)
    wants = own_words or allowed(field)
    value: Any = given
    for part in path:
        value = value[part]
    if table:
        value = where[-2]
    elif own_words and isinstance(where[-1], int):
        value = value[where[-1]]
    if field.annotation is SecretStr or path == ["database", "url"]:
        return text("settings.refused_secret", name=name, allowed=wants)
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return text("settings.refused", name=name, value=shown[:_SHOWN], allowed=wants)


def unknown_variable(variable: str, settings: type[BaseModel]) -> str:
    names = ["ZHUOLUO_" + name.replace(".", "__").upper() for name in _names(settings)]
    return _unknown(variable, names)


def _unknown(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return text("settings.unknown_close", name=name, close=close[0])
    return text("settings.unknown", name=name)


def is_setting(path: Sequence[str], settings: type[BaseModel]) -> bool:
    """Whether a section, a setting, or a key that a table of settings may have, is there."""
    field = settings.model_fields.get(path[0])
    if field is None or len(path) == 1:
        return field is not None
    inner = _model(field)
    return is_setting(path[1:], inner) if inner else get_origin(field.annotation) is dict and len(path) == 2


def _names(settings: type[BaseModel]) -> list[str]:
    """All but the sections themselves."""
    return [
        f"{name}.{inner}"
        for name, field in settings.model_fields.items()
        if (section := _model(field))
        for inner in [*section.model_fields, *_names(section)]
    ]


def _field(settings: type[BaseModel], path: Sequence[str]) -> FieldInfo:
    """The setting of that name, or the table of which it is a key."""
    field = settings.model_fields[path[0]]
    inner = _model(field)
    return _field(inner, path[1:]) if inner and len(path) > 1 else field


def _model(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def allowed(field: FieldInfo) -> str:
    """What a setting accepts, in words."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(str(choice) for choice in get_args(kind))
    if kind is bool:
        return "true, false"
    if get_origin(kind) is dict or _model(field):
        return text("settings.want_table")
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
