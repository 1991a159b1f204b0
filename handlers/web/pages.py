"""Pages as text: each function renders one template. No request is seen here and nothing is decided."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

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


def missing() -> str:
    return _page("notice.html", title="没有这个页面", words="这个地址不存在，或者已经失效。")


def crowded() -> str:
    return _page("notice.html", title="请稍等片刻", words="现在来的人有点多。请过十几秒再打开一次，不会丢掉什么。")
