"""Pages as text: each function renders one template. No request is seen here and nothing is decided."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.rules.meeting_workflow import ANNOUNCED
from texts import text

_FOLDER = Path(str(files("handlers.web")))


@dataclass(frozen=True)
class Asset:
    """A file of the pages. ``version`` changes with its content, so it may be kept for ever under it."""

    content: bytes
    media_type: str
    version: str


@cache
def assets() -> dict[str, Asset]:
    """Every static file by name."""
    return {path.name: _asset(path) for path in sorted((_FOLDER / "static").iterdir()) if path.suffix in _KINDS}


_KINDS = {".css", ".js", ".svg"}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    media_type = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "text/plain"
    return Asset(content, media_type, hashlib.sha256(content).hexdigest()[:12])


def _address(name: str) -> str:
    return f"/static/{name}?v={assets()[name].version}"


_environment = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["asset"] = _address


def _page(template: str, **params: object) -> str:
    return _environment.get_template(template).render(**params)


def home(*, demo: bool) -> str:
    return _page("home.html", demo=demo)


def privacy(*, raw_days: float) -> str:
    return _page("privacy.html", raw_days=f"{raw_days:g}")


def chat(*, base: str, site: str, role: str = "") -> str:
    """``base``: the path of the chat's own interface. ``role``: whose phone it is in the demo, else empty.

    ``site``: our public address; what begins with it becomes a link where it is said.
    """
    return _page("chat.html", base=base, site=site, role=role)


def demo() -> str:
    return _page("demo.html")


def record(
    *,
    title: str,
    opening: Sequence[str],
    sections: Sequence[object],
    closing: Sequence[str] = (),
    note: str = "",
    hint: str = "",
    photos: bool = False,
) -> str:
    """Minutes, or an agenda. ``sections``: each with a heading, lines and the public ids of its photos."""
    return _page(
        "record.html",
        title=title,
        opening=opening,
        sections=sections,
        closing=closing,
        note=note,
        hint=hint,
        photos=photos,
    )


@dataclass(frozen=True)
class Part:
    """A paragraph of minutes on the page where they are changed. ``lines``: what happened. ``mine``: what was typed and
    is not saved."""

    key: str
    label: str
    lines: Sequence[str]
    words: str
    mine: str | None = None


def minutes_edit(
    *, title: str, action: str, version: int, parts: Sequence[Part], why: str, most: int, note: str = ""
) -> str:
    return _page(
        "minutes_edit.html", title=title, action=action, version=version, parts=parts, why=why, most=most, note=note
    )


def saved(*, version: int) -> str:
    words = f"现在是第{version}版。请回到聊天里回复“纪要”，看一遍，再发给到会的人核对。"
    return _page("notice.html", title="存好了", words=words)


def refused(*, words: str) -> str:
    return _page("notice.html", title="现在不能这样做", words=words)


def room(*, label: str, path: str, live: str) -> str:
    """The screen of a meeting's room. ``live``: as :func:`room_live` gives it, and ``path`` gives it anew."""
    return _page("room.html", label=label, path=path, live=Markup(live))  # noqa: S704 - a page of ours, escaped in itself


def room_live(**facts: object) -> str:
    states = {state: text(f"words.item_{state}") for state in (*ANNOUNCED, "talked")}
    return _page("room_live.html", states=states, **facts)


def missing() -> str:
    return _page("notice.html", title="没有这个页面", words="这个地址不存在，或者已经失效。")


def crowded() -> str:
    return _page("notice.html", title="请稍等片刻", words="现在来的人有点多。请过十几秒再打开一次，不会丢掉什么。")
