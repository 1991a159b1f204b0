"""Filling a template with words: what people wrote comes out as they wrote it, never as markup or as a command."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from bot.papers.samples import SAMPLES

log = logging.getLogger(__name__)

#: What no XML may hold; and what turns the direction of all that follows, so that a paper would read otherwise.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_OURS = Path(__file__).parent / "templates"
_LONGEST_TITLE = 255  # of the properties of a file
CODE_WIDTH = 38  # millimetres
NAMES = tuple(SAMPLES)


def plain(words: str) -> str:
    """What a paper can hold of it."""
    return _UNWRITABLE.sub("", _BREAKS.sub("\n", words).replace("\t", " "))


def fill(name: str, values: Mapping[str, Any], *, own: Path | None = None, code: str = "") -> bytes:
    """The paper as a file. ``own``: the community's folder of templates. ``code``: the address of a QR code.

    A template of the community that cannot be filled is passed over, and ours taken: people get their paper, and
    whoever keeps the program reads in its log what is wrong.
    """
    theirs = own / f"{name}.docx" if own else None
    if theirs is not None and theirs.exists():
        try:
            return _filled(theirs.read_bytes(), values, code)
        except Exception as error:  # a word processor can save anything
            log.warning("the template %s cannot be filled, ours is taken: %s", theirs, _why(error))
    return _filled(_template(name), values, code)


def wrong_templates(folder: Path) -> dict[str, str]:
    """The templates of a community that cannot be filled, and why, found by filling each with a sample."""
    wrong = {}
    for name, values in SAMPLES.items():
        file = folder / f"{name}.docx"
        if file.exists():
            try:
                _filled(file.read_bytes(), values, "http://127.0.0.1/" if name == "notice" else "")
            except Exception as error:
                wrong[file.name] = _why(error)
    return wrong


def _filled(template: bytes, values: Mapping[str, Any], code: str) -> bytes:
    from docx.shared import Mm
    from docxtpl import DocxTemplate, InlineImage

    paper = DocxTemplate(BytesIO(template))
    words = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=_escaped)
    picture = InlineImage(paper, BytesIO(_qr(code)), width=Mm(CODE_WIDTH)) if code else ""
    paper.render({"code": "", **values} | ({"code": picture} if code else {}), words)
    paper.docx.core_properties.title = plain(str(values["title"]))[:_LONGEST_TITLE]
    out = BytesIO()
    paper.save(out)
    return out.getvalue()


def _escaped(value: Any) -> Any:
    """Words as XML. docxtpl reads ``{_{`` in them as braces, which an underscore written as a number is not."""
    return Markup(str(escape(plain(value))).replace("_", "&#95;")) if isinstance(value, str) else value  # noqa: S704


def _qr(address: str) -> bytes:
    import segno

    out = BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=12, border=4)
    return out.getvalue()


@cache
def _template(name: str) -> bytes:
    return (_OURS / f"{name}.docx").read_bytes()


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
