"""Writes the templates of the papers: ``python -m bot.papers.make_templates [folder]``.

A community edits copies of them in its word processor; what may stand in the braces is in docs/adr/0008-papers.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from bot.papers import layout
from texts import text

FOLDER = Path(__file__).parent / "templates"
_THREE = [52.0, 50.0, 54.0]
_LEDGER = [24.0, 36.0, 62.0, 27.0, 42.0, 34.0]


def _line(paper: Any, words: str, style: str = "Paper Body") -> Any:
    return paper.add_paragraph(words, style=style)


def _fact(paper: Any, label: str, name: str) -> None:
    """A label in black letters, and what is filled in."""
    line = _line(paper, "")
    _black(line, label)
    line.add_run(f"{{{{ {name} }}}}")


def _heads(made: Any, labels: tuple[str, ...]) -> None:
    for cell, label in zip(made.rows[0].cells, labels, strict=True):
        _black(cell.paragraphs[0], label)


def _black(line: Any, label: str) -> None:
    run = line.add_run(text(f"papers.label_{label}"))
    run.font.name = layout.LATIN
    run._r.rPr.rFonts.set(qn("w:eastAsia"), layout.BLACK)


def _title(paper: Any) -> None:
    _line(paper, "{{ title }}", "Paper Title")
    _line(paper, "", "Paper Plain")


def _each(paper: Any, name: str, of: str, write: Callable[[], None]) -> None:
    _line(paper, f"{{%p for {name} in {of} %}}", "Paper Plain")
    write()
    _line(paper, "{%p endfor %}", "Paper Plain")


def _where(paper: Any, holds: str, write: Callable[[], None]) -> None:
    _line(paper, f"{{%p if {holds} %}}", "Paper Plain")
    write()
    _line(paper, "{%p endif %}", "Paper Plain")


def _signed(paper: Any) -> None:
    """Who and when, at the right, two characters in."""
    _line(paper, "", "Paper Plain")
    for words in ("{{ signed }}", "{{ day }}"):
        line = _line(paper, words, "Paper Plain")
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = 2 * Pt(16)
        line.paragraph_format.keep_together = True
    paper.paragraphs[-2].paragraph_format.keep_with_next = True


def _headed(paper: Any, label: str) -> None:
    _line(paper, text(f"papers.label_{label}"), "Heading 1")


def agenda() -> Any:
    paper = layout.blank()
    _title(paper)
    for label in ("time", "venue", "form", "convener"):
        _fact(paper, label, label)
    _where(paper, "invited", lambda: _fact(paper, "invited", "invited"))

    def item() -> None:
        _line(paper, "{{ item.title }}", "Heading 1")
        _each(paper, "line", "item.lines", lambda: _line(paper, "{{ line }}"))

    def waiting() -> None:
        _headed(paper, "waiting")
        _each(paper, "line", "waiting", lambda: _line(paper, "{{ line }}"))

    _each(paper, "item", "items", item)
    _where(paper, "waiting", waiting)
    return paper


def notice() -> Any:
    paper = layout.blank()
    _title(paper)
    _line(paper, "{{ greeting }}", "Paper Plain")
    _line(paper, "{{ opening }}")
    for label in ("time", "venue"):
        _fact(paper, label, label)
    _fact(paper, "topics", "topics")
    _each(paper, "item", "items", lambda: _line(paper, "{{ item }}"))
    _line(paper, "{{ closing }}")

    def code() -> None:
        for words in ("{{ code }}", "{{ code_words }}"):
            line = _line(paper, words, "Paper Plain")
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
            line.paragraph_format.keep_with_next = True
        paper.paragraphs[-2].paragraph_format.line_spacing = 1.0  # a fixed line would cut the picture

    _where(paper, "code", code)
    _signed(paper)
    return paper


def sign_in() -> Any:
    paper = layout.blank()
    _title(paper)
    _fact(paper, "time", "time")
    _fact(paper, "venue", "venue")
    paper.paragraphs[-1].paragraph_format.space_after = Pt(12)
    made = layout.table(paper, _THREE, style="Paper Cell")
    _heads(made, ("name", "building", "signature"))
    layout.row(made, _THREE, ["{%tr for row in rows %}", "", ""], style="Paper Cell")
    layout.row(made, _THREE, ["{{ row.names }}", "{{ row.building }}", ""], style="Paper Cell", height=12)
    layout.row(made, _THREE, ["{%tr endfor %}", "", ""], style="Paper Cell")
    return paper


def minutes() -> Any:
    paper = layout.blank()
    _title(paper)
    _each(paper, "line", "opening", lambda: _line(paper, "{{ line }}"))

    def item() -> None:
        _line(paper, "{{ item.title }}", "Heading 1")
        _each(paper, "line", "item.lines", lambda: _line(paper, "{{ line }}"))

    _each(paper, "item", "items", item)
    _each(paper, "line", "closing", lambda: _line(paper, "{{ line }}"))
    _signed(paper)
    return paper


def resolutions() -> Any:
    paper = layout.blank(on_its_side=True)
    _title(paper)
    made = layout.table(paper, _LEDGER, style="Paper Small Cell")
    heads = ("number", "topic", "resolution", "owner", "dates", "state")
    _heads(made, heads)
    style, blank = "Paper Small Cell", [""] * 5
    layout.row(made, _LEDGER, ["{%tr for row in rows %}", *blank], style=style)
    named = [f"{{{{ row.{head} }}}}" for head in heads]
    layout.row(made, _LEDGER, named, style=style, left=(1, 2))
    layout.row(made, _LEDGER, ["{%tr endfor %}", *blank], style=style)
    return paper


TEMPLATES: dict[str, Callable[[], Any]] = {
    "agenda": agenda,
    "notice": notice,
    "sign_in": sign_in,
    "minutes": minutes,
    "resolutions": resolutions,
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TEMPLATES.items():
        make().save(str(folder / f"{name}.docx"))


if __name__ == "__main__":
    main()
