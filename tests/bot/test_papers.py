"""The papers of a meeting: their page and letters, what stands in them, and that whatever people wrote stays words."""

from __future__ import annotations

import logging
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.documents import BUILDERS
from bot.papers import make_templates
from bot.papers.filling import CODE_WIDTH, fill, plain, wrong_templates
from bot.papers.samples import SAMPLES
from handlers import agenda_words
from handlers.context import House
from models.issue import Issue
from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.member import Grant
from models.resolution import Resolution
from models.rules.errors import NotFound, PaperNotReady
from models.rules.meeting_workflow import ItemState, MeetingState
from tests.council import Council, council
from tests.database import required
from tests.neighbourhood import Neighbourhood, Person, Staff, settle, staffed
from tests.papers_stage import called, finished, held, resolve

PAPERS = ("agenda", "notice", "sign_in", "minutes", "resolutions")
HOSTILE = (
    "<w:p>&amp;</w:p> ]]> \"'",
    "{{ 7*7 }} {% for x in items %} {# off #} {_{ 1 }_} {_% raw %_} {%p if 1 %}{%tr x %}",
    "a\x00b\x07c\x0cd\x1be\ufffef\x85g\u2028h",
    "🏠👨‍👩‍👧 Ａ１",
    "\u202eabc \u2067مرحبا\u2069 שלום",
    "灯" * 2000,
    "=1+1",
)


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    return settle(session)


@pytest.fixture
def staff(here: Neighbourhood) -> Staff:
    return staffed(here)


def built(here: Neighbourhood, who: Person, stage: Council, paper: str, *, house: House | None = None) -> Any:
    params = {"member": who.member_id, "meeting": stage.meeting_id}
    data = BUILDERS[f"{paper}_paper"](here.session, params, house=house or here.house, at=here.now)
    return docx.Document(BytesIO(data))


def words(paper: Any) -> list[str]:
    """Its paragraphs that say something."""
    return [line.text for line in paper.paragraphs if line.text]


def cells(paper: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in paper.tables[0].rows]


def everything(paper: Any) -> str:
    return "\n".join(node.text or "" for node in paper.element.body.iter(qn("w:t")))


def test_the_agenda_says_what_why_and_what_was_left_out(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    assert words(built(here, staff.zhao, stage, "agenda")) == [
        "西苑小区议事会第1次会议议程",
        "时间：2026年3月19日（星期四）12:00，约 90 分钟",
        "地点：红色议事厅",
        "形式：红色议事厅",
        "召集人：网格书记（第一网格）",
        "受邀：有表决权的 3 户，单位 1 人",
        "一、楼道灯坏了谁来修、多久巡查一次（20 分钟）",
        "LN-2026-0001　西苑小区3号楼2单元：楼道灯坏了一个星期",
        "影响 12 户，2026年3月2日起，已经 3 天。",
        "二、5号楼门口的垃圾两天没人清（15 分钟）",
        "LN-2026-0002　西苑小区5号楼：门口的垃圾两天没人清",
        "有 1 人反映，2026年3月5日起。",
        "三、加装电梯怎么分摊费用（30 分钟）",
        "为什么：已经推迟2次，这次必须议。",
        agenda_words.law(6),
        "这次没有列入的",
        "1. 广场舞的音量：排在第 1 位，等下一次会议。",
        "2. 换门禁卡：不列入。原因：物业已经在换了",
    ]


def test_a_draft_is_called_a_draft(here: Neighbourhood, staff: Staff) -> None:
    stage = council(here, staff, state=MeetingState.DRAFTED)
    stage.item("增设充电桩", state=ItemState.DRAFTED)
    said = words(built(here, staff.zhao, stage, "agenda"))
    assert said[0] == "西苑小区议事会第1次会议议程（草案）"
    assert said[-1] == "一、增设充电桩（20 分钟）"


def test_the_notice_names_nobody_and_leads_to_the_page(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    stage.items()[1].title = "刘洋家门口的垃圾"
    here.session.flush()
    paper = built(here, staff.zhao, stage, "notice")
    assert words(paper) == [
        "关于召开西苑小区议事会第1次会议的通知",
        "各位居民：",
        "西苑小区议事会要开会，和大家一起商量下面的事，请您来参加。",
        "时间：2026年3月19日（星期四）12:00，约 90 分钟",
        "地点：红色议事厅",
        "议题：共 3 个。",
        "1. 楼道灯坏了谁来修、多久巡查一次",
        "2. 5号楼居民家门口的垃圾",
        "3. 加装电梯怎么分摊费用",
        "有意见想先说，或者当天来不了，请在聊天里告诉我们，也可以打社区电话 0931-0000000。",
        "微信或手机相机扫一扫，看这次会议",
        "西苑小区议事会",
        "2026年3月5日",
    ]
    (picture,) = paper.inline_shapes
    assert (picture.width, picture.height) == (Mm(CODE_WIDTH), Mm(CODE_WIDTH))


def test_the_code_is_that_of_the_meeting(here: Neighbourhood, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    import segno

    made: list[str] = []
    make = segno.make
    monkeypatch.setattr(segno, "make", lambda address, **how: made.append(address) or make(address, **how))
    stage = called(here, staff)
    built(here, staff.zhao, stage, "notice")
    assert made == [f"http://127.0.0.1:8000/published/{stage.meeting.public_id}"]


def test_the_sign_in_sheet_has_a_line_for_each_household(here: Neighbourhood, staff: Staff) -> None:
    paper = built(here, staff.zhao, called(here, staff), "sign_in")
    assert words(paper)[0] == "西苑小区议事会第1次会议签到表"
    assert cells(paper) == [
        ["姓名", "楼栋", "签名"],
        ["王芳、李明", "3号楼", ""],
        ["张桂兰", "3号楼", ""],
        ["刘洋", "5号楼", ""],
        ["钱进（单位）", "", ""],
        *[["", "", ""]] * 8,
    ]
    assert "501" not in everything(paper)
    assert paper.tables[0].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_the_minutes_say_what_came_of_each_item(here: Neighbourhood, staff: Staff) -> None:
    paper = built(here, staff.zhao, held(here, staff), "minutes")
    assert words(paper) == [
        "西苑小区议事会第1次会议纪要",
        "会议由网格书记主持，安居物业到会听取意见。",
        "2026年3月19日 14:00，西苑小区议事会在红色议事厅开会，由网格书记（第一网格）召集。"
        "到会3户，应到3户，开会要2户，人数够了。",
        "到会住户：西苑小区3号楼2户、西苑小区5号楼1户。",
        "一、楼道灯坏了谁来修、多久巡查一次（LN-2026-0001）",
        "3号楼居民说3号楼的灯一个星期没有人管。",
        "3号楼居民希望晚上也有人巡查。物业表示可以每月巡查。",
        "表决：同意每月巡查一次楼道灯吗？（一户一票，记名）。同意2户，不同意1户，弃权0户；一共3户，要2户。结果：同意。",
        "结果：通过。",
        "决议2026-1：物业每月15号前巡查一次全部楼道灯，坏了的3天内换好。标准：每层楼道晚上有灯，坏了的3天内换好。"
        "由承办单位（安居物业）在4月30日前落实。经费：2000元，来源：公共收益。跟进小组2人。",
        "公示到3月26日。",
        "二、5号楼门口的垃圾两天没人清（LN-2026-0002）",
        "5号楼居民说垃圾桶太少。大家认为要增加清运次数。",
        "结果：移交给社区议事会。",
        "LN-2026-0002 移交给社区议事会：要和环卫公司谈清运次数。请在4月18日前答复，现在：已列议程。",
        "三、加装电梯怎么分摊费用",
        "这件事要由业主表决决定（《民法典》第278条第6项），会上只商量，不作决定。",
        "结果：没来得及议，下次再议。",
        "下次会议接着议加装电梯。",
        "14:00散会。",
        "对决议有不同意见？公示期内（到3月26日）在聊天里回复“异议”就行，我们会逐条答复。",
        "西苑小区议事会",
        "2026年3月19日",
    ]
    said = everything(paper)
    assert not [name for name in ("王芳", "李明", "刘洋", "张桂兰", "501", "102") if name in said]


def test_minutes_that_are_not_published_say_so(here: Neighbourhood, staff: Staff) -> None:
    stage = held(here, staff, state=MeetingState.HELD)
    assert words(built(here, staff.zhao, stage, "minutes"))[0] == "西苑小区议事会第1次会议纪要（草稿）"
    here.session.execute(update(Meeting).values(state=MeetingState.MINUTED))
    here.session.expire_all()
    assert words(built(here, staff.zhao, stage, "minutes"))[0] == "西苑小区议事会第1次会议纪要（核对稿）"


def test_the_ledger_lists_the_resolutions_of_the_series(here: Neighbourhood, staff: Staff) -> None:
    stage = held(here, staff)
    resolve(here, stage, stage.items()[2].id, serial=2, words="刘洋提出的：先问楼上")
    paper = built(here, staff.zhao, stage, "resolutions")
    assert words(paper) == ["西苑小区议事会决议台账"]
    dates, now = "2026-04-30\n复查：2026-06-13", "公示中\n2026-03-19"
    standard, owner = "标准：每层楼道晚上有灯，坏了的3天内换好", "承办单位（安居物业）"
    first = "物业每月15号前巡查一次全部楼道灯，坏了的3天内换好。"
    assert cells(paper) == [
        ["编号", "议题", "决议和标准", "负责", "期限", "现在"],
        ["决议2026-2", "加装电梯怎么分摊费用", f"5号楼居民提出的：先问楼上\n{standard}", owner, dates, now],
        ["决议2026-1", "楼道灯坏了谁来修、多久巡查一次", f"{first}\n{standard}", owner, dates, now],
    ]


def test_the_sheet_of_the_year_is_words_and_no_formulas(here: Neighbourhood, staff: Staff) -> None:
    held(here, staff)
    here.session.execute(update(Resolution).values(words="=HYPERLINK(1)", standard="\t@SUM(A1)", budget="-1"))
    params = {"member": staff.zhao.member_id, "year": 2026}
    data = BUILDERS["resolutions_sheet"](here.session, params, house=here.house, at=here.now)
    page = openpyxl.load_workbook(BytesIO(data)).worksheets[0]
    assert page.title == "2026年决议"
    heads, line = ([cell.value for cell in row] for row in page.iter_rows())
    told = dict(zip(heads, line, strict=True))
    assert {key: told[key] for key in ("编号", "议事会", "第几次", "决议", "标准", "资金", "期限", "复查")} == {
        "编号": "决议2026-1",
        "议事会": "西苑小区议事会",
        "第几次": 1,
        "决议": "'=HYPERLINK(1)",
        "标准": "'\t@SUM(A1)",
        "资金": "'-1",
        "期限": "2026-04-30",
        "复查": "2026-06-13",
    }
    assert (told["跟进小组人数"], told["异议数"], told["现在"]) == (2, 1, "公示中")
    assert f"{told['公示到']:%Y-%m-%d}" == "2026-03-26"


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_has_the_page_and_the_letters_of_the_standard(here: Neighbourhood, staff: Staff, paper: str) -> None:
    stage = (called if paper == "notice" else held)(here, staff)
    made = built(here, staff.zhao, stage, paper)
    (page,) = made.sections
    size = [round(length.mm, 1) for length in (page.page_width, page.page_height)]
    edges = (page.top_margin, page.right_margin, page.bottom_margin, page.left_margin)
    margins = [round(length.mm, 1) for length in edges]
    if paper == "resolutions":  # a wide table: the same page on its side
        assert size == [297, 210]
        assert margins == [28, 37, 26, 35]
    else:
        assert size == [210, 297]
        assert margins == [37, 26, 35, 28]
    assert page._sectPr.find(qn("w:docGrid")) is None
    shown = {
        name: (
            made.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")),
            made.styles[name].font.size.pt,
            made.styles[name].paragraph_format.line_spacing,
        )
        for name in ("Paper Title", "Paper Body", "Heading 1", "Heading 2", "Heading 3", "Heading 4")
    }
    line = Pt(28.95)
    assert shown == {
        "Paper Title": ("方正小标宋简体", 22, line),
        "Paper Body": ("仿宋", 16, line),
        "Heading 1": ("黑体", 16, line),
        "Heading 2": ("楷体", 16, line),
        "Heading 3": ("仿宋", 16, line),
        "Heading 4": ("仿宋", 16, line),
    }
    assert made.styles["Paper Body"].element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"
    assert made.paragraphs[0].style.name == "Paper Title"
    assert made.paragraphs[0].style.paragraph_format.alignment == 1  # centred
    footer = page.footer.paragraphs[0]._p.xml
    assert 'w:instr="PAGE"' in footer
    assert made.core_properties.title == made.paragraphs[0].text


@pytest.mark.parametrize("paper", PAPERS)
def test_what_people_wrote_comes_out_as_words(here: Neighbourhood, staff: Staff, paper: str) -> None:
    stage = (called if paper == "notice" else held)(here, staff)
    stores_nul = here.session.get_bind().dialect.name == "sqlite"  # PostgreSQL's text holds none, so none gets that far
    for hostile in HOSTILE:
        said = hostile if stores_nul else hostile.replace("\x00", "")
        here.session.execute(update(Issue).values(summary=said, place_label=said))
        here.session.execute(update(AgendaItem).values(title=said, words=said))
        here.session.execute(update(Resolution).values(words=said, standard=said, budget=said, source=said))
        here.session.execute(update(MeetingSeries).values(label=said))
        here.session.execute(update(Meeting).values(venue=said))
        here.session.expire_all()
        told = everything(built(here, staff.zhao, stage, paper))
        assert " ".join(plain(said).split()) in told
        assert all(letter.isprintable() or letter in "\n\u200d\u3000" for letter in told)


@settings(max_examples=30)
@given(st.text(max_size=200))
def test_any_text_is_in_the_paper_as_it_was_written(said: str) -> None:
    values = {**SAMPLES["agenda"], "venue": said, "waiting": [said]}
    made = docx.Document(BytesIO(fill("agenda", values)))
    assert made.paragraphs[3].text == "地点：" + plain(said)
    assert made.paragraphs[-1].text == plain(said)


def test_the_templates_are_those_that_the_script_makes(tmp_path: Path) -> None:
    def parts(file: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(file) as opened:
            return {name: opened.read(name) for name in opened.namelist()}

    for name, make in make_templates.TEMPLATES.items():
        make().save(str(tmp_path / f"{name}.docx"))
        assert parts(tmp_path / f"{name}.docx") == parts(make_templates.FOLDER / f"{name}.docx"), name
    assert set(make_templates.TEMPLATES) == set(SAMPLES) == set(PAPERS)


def test_a_community_has_templates_of_its_own(here: Neighbourhood, staff: Staff, tmp_path: Path) -> None:
    folder = House(here.house.rules, here.house.gazetteer, here.house.public_url, papers=tmp_path)
    write(
        tmp_path / "notice.docx",
        "兰宁社区的通知：{{ title }}",
        "{%p for item in items %}",
        "{{ item }}",
        "{%p endfor %}",
    )
    stage = called(here, staff)
    assert words(built(here, staff.zhao, stage, "notice", house=folder)) == [
        "兰宁社区的通知：关于召开西苑小区议事会第1次会议的通知",
        "1. 楼道灯坏了谁来修、多久巡查一次",
        "2. 5号楼门口的垃圾两天没人清",
        "3. 加装电梯怎么分摊费用",
    ]
    assert words(built(here, staff.zhao, stage, "agenda", house=folder))[0] == "西苑小区议事会第1次会议议程"
    assert wrong_templates(tmp_path) == {}


@pytest.mark.parametrize("wrong", ["{{ titel }}", "{% for %}", "{{ ''.__class__.__mro__ }}", "no docx"])
def test_a_broken_template_is_passed_over_and_named(
    here: Neighbourhood, staff: Staff, tmp_path: Path, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    folder = House(here.house.rules, here.house.gazetteer, here.house.public_url, papers=tmp_path)
    if wrong == "no docx":
        (tmp_path / "notice.docx").write_bytes(b"not a file of a word processor")
    else:
        write(tmp_path / "notice.docx", wrong)
    with caplog.at_level(logging.WARNING):
        made = built(here, staff.zhao, called(here, staff), "notice", house=folder)
    assert words(made)[0] == "关于召开西苑小区议事会第1次会议的通知"
    assert "notice.docx cannot be filled, ours is taken" in caplog.text
    assert list(wrong_templates(tmp_path)) == ["notice.docx"]


def write(file: Path, *lines: str) -> None:
    made = docx.Document()
    for line in lines:
        made.add_paragraph(line)
    made.save(str(file))


@pytest.mark.parametrize("paper", PAPERS)
def test_whoever_lost_the_post_since_gets_none(here: Neighbourhood, staff: Staff, paper: str) -> None:
    stage = (called if paper == "notice" else held)(here, staff)
    here.session.execute(update(Grant).where(Grant.member_id == staff.zhao.member_id).values(ends_at=here.now))
    with pytest.raises(NotFound):
        built(here, staff.zhao, stage, paper)
    with pytest.raises(NotFound):
        BUILDERS["resolutions_sheet"](
            here.session, {"member": staff.zhao.member_id, "year": 2026}, house=here.house, at=here.now
        )


def test_a_cancelled_meeting_has_no_notice(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    here.session.execute(update(Meeting).values(state=MeetingState.CANCELLED))
    here.session.expire_all()
    with pytest.raises(PaperNotReady):
        built(here, staff.zhao, stage, "notice")


def test_a_word_processor_opens_them_all(here: Neighbourhood, staff: Staff, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        (pytest.fail if required("office") else pytest.skip)("no LibreOffice here")
    stage = called(here, staff)
    here.session.execute(update(Meeting).values(venue="".join(HOSTILE).replace("\x00", "")))
    here.session.expire_all()
    built(here, staff.zhao, stage, "notice").save(str(tmp_path / "notice.docx"))
    finished(here, staff, stage)
    for paper in PAPERS:
        if paper != "notice":
            built(here, staff.zhao, stage, paper).save(str(tmp_path / f"{paper}.docx"))
    files = sorted(tmp_path.glob("*.docx"))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    convert = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", tmp_path]
    subprocess.run([*convert, *files], check=True, capture_output=True, timeout=180)
    assert sorted(file.stem for file in tmp_path.glob("*.pdf")) == [file.stem for file in files]
