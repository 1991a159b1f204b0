"""How a paper looks: the page, the letters and the ladder of headings of GB/T 9704, without head, number and seal.

The page of GB/T 9704 is 297 × 210 mm with 37 mm above, 28 mm at the binding (left) and a type area of 225 × 156 mm: so
there are 35 mm below and 26 mm at the right. A page that lies on its side is turned clockwise, binding up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt

LINE = Pt(28.95)  # 22 lines of a page
TABLE_LINE = Pt(20)
LATIN = "Times New Roman"
BODY, TITLE, BLACK, KAI = "仿宋", "方正小标宋简体", "黑体", "楷体"


@dataclass(frozen=True)
class Margins:
    """In millimetres."""

    top: float
    right: float
    bottom: float
    left: float


UPRIGHT = Margins(top=37, right=26, bottom=35, left=28)
ON_ITS_SIDE = Margins(top=28, right=37, bottom=26, left=35)

#: For word processors that lack a font: another name of it or the nearest of its kind, and what kind it is.
_FONTS = (
    (BODY, "FangSong", "02010609060101010101", "modern"),
    (TITLE, "SimSun", "02010600030101010101", "roman"),
    (BLACK, "SimHei", "02010609060101010101", "swiss"),
    (KAI, "KaiTi", "02010609060101010101", "script"),
)
#: Style, its font, points, bold, indented by two characters.
_STYLES = (
    ("Paper Title", TITLE, 22, False, False),
    ("Paper Body", BODY, 16, False, True),
    ("Paper Plain", BODY, 16, False, False),
    ("Paper Cell", BODY, 16, False, False),
    ("Paper Small Cell", BODY, 12, False, False),
    ("Paper Page", BODY, 14, False, False),
)
_LADDER = (
    ("Heading 1", BLACK, False),
    ("Heading 2", KAI, False),
    ("Heading 3", BODY, True),
    ("Heading 4", BODY, False),
)


def blank(*, on_its_side: bool = False) -> Any:
    """An empty paper with its page, its styles and its page numbers."""
    paper = Document()
    _set_page(paper, on_its_side)
    _set_defaults(paper)
    for name, font, points, bold, indented in _STYLES:
        style = paper.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = paper.styles["Normal"]
        _set_style(style, font, points, bold=bold, indented=indented)
    for name, font, bold in _LADDER:
        _set_style(paper.styles[name], font, 16, bold=bold, indented=True)
        paper.styles[name].paragraph_format.keep_with_next = True
    paper.styles["Paper Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name in ("Paper Cell", "Paper Small Cell", "Paper Page"):
        paper.styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name, line in (("Paper Cell", LINE), ("Paper Small Cell", TABLE_LINE)):
        paper.styles[name].paragraph_format.line_spacing = line
    _number_pages(paper)
    _describe_fonts(paper)
    return paper


def table(paper: Any, widths: list[float], *, style: str) -> Any:
    """One line, ruled. ``widths`` in millimetres. Its first line comes again on every page."""
    made = paper.add_table(rows=1, cols=len(widths), style="Table Grid")
    made.autofit = False
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
    _shape_row(made.rows[0], widths, style)
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    return made


def row(
    made: Any, widths: list[float], words: list[str], *, style: str, height: float = 0, left: tuple[int, ...] = ()
) -> None:
    """``height``: at least, in millimetres. ``left``: columns of words that are read, and not centred."""
    added = made.add_row()
    _shape_row(added, widths, style)
    if height:
        added.height = Mm(height)
    for number, (cell, said) in enumerate(zip(added.cells, words, strict=True)):
        cell.paragraphs[0].add_run(said)
        if number in left:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.LEFT


def _shape_row(line: Any, widths: list[float], style: str) -> None:
    line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, width in zip(line.cells, widths, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = 1  # middle
        cell.paragraphs[0].style = style


def _set_page(paper: Any, on_its_side: bool) -> None:
    page = paper.sections[0]
    margins = ON_ITS_SIDE if on_its_side else UPRIGHT
    page.page_width, page.page_height = (Mm(297), Mm(210)) if on_its_side else (Mm(210), Mm(297))
    page.orientation = WD_ORIENT.LANDSCAPE if on_its_side else WD_ORIENT.PORTRAIT
    page.top_margin, page.right_margin = Mm(margins.top), Mm(margins.right)
    page.bottom_margin, page.left_margin = Mm(margins.bottom), Mm(margins.left)
    page.header_distance = Mm(15)
    page.footer_distance = Mm(margins.bottom - 7 - 5)  # the number stands 7 mm below the type area
    for grid in page._sectPr.findall(qn("w:docGrid")):
        page._sectPr.remove(grid)  # it would stretch the fixed lines


def _set_defaults(paper: Any) -> None:
    normal = paper.styles["Normal"]
    _set_style(normal, BODY, 16, bold=False, indented=False)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties = normal.element.get_or_add_rPr()
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(language)
    about = paper.core_properties
    about.author = about.comments = about.title = about.keywords = ""


def _set_style(style: Any, font: str, points: float, *, bold: bool, indented: bool) -> None:
    properties = style.element.get_or_add_rPr()
    for old in list(properties):
        properties.remove(old)
    style.font.name = LATIN
    fonts = properties.find(qn("w:rFonts"))
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:cs"), LATIN)
    style.font.size, style.font.bold = Pt(points), bold
    shape = style.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing = LINE
    shape.widow_control = False
    if indented:
        shape.first_line_indent = Pt(2 * points)
        style.element.get_or_add_pPr().find(qn("w:ind")).set(qn("w:firstLineChars"), "200")


def _number_pages(paper: Any) -> None:
    """— 1 —"""
    line = paper.sections[0].footer.paragraphs[0]
    line.style = "Paper Page"
    line.add_run("— ")
    line._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))
    line.add_run(" —")


def _describe_fonts(paper: Any) -> None:
    described = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:panose1 w:val="{panose}"/>'
        f'<w:charset w:val="86"/><w:family w:val="{family}"/><w:pitch w:val="auto"/></w:font>'
        for name, other, panose, family in _FONTS
    )
    part = next(part for part in paper.part.package.iter_parts() if part.partname == "/word/fontTable.xml")
    part._blob = f'<?xml version="1.0" encoding="UTF-8"?><w:fonts {nsdecls("w")}>{described}</w:fonts>'.encode()
