"""The settings: what is accepted, what is refused and with which words, and that secrets stay secret."""

from __future__ import annotations

import json
import stat
import tomllib
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bot.days_given import read_days
from bot.errors import Unusable
from bot.settings import Settings, load_settings, problems, warnings, with_generated_secrets
from models.rules.house import HouseRules
from models.rules.limits import Limit, Span
from models.rules.posts import Rung
from models.rules.working_days import WorkCalendar

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [n for n in os.environ if n.startswith("ZHUOLUO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _refusal(tmp_path: Path, words: str) -> list[str]:
    file = tmp_path / "given.toml"
    file.write_text(words, "utf-8")
    with pytest.raises(Unusable) as refused:
        load_settings(file)
    return str(refused.value).splitlines()


def _in_clear(settings: Settings) -> dict[str, dict[str, object]]:
    def plain(value: object) -> object:
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        if isinstance(value, BaseModel):
            return value.model_dump()
        return str(value) if isinstance(value, Path) else value

    return {
        section: {name: plain(value) for name, value in dict(getattr(settings, section)).items()}
        for section in Settings.model_fields
    }


def test_the_example_holds_every_setting_with_its_default() -> None:
    example = tomllib.loads((ROOT / "config.example.toml").read_text("utf-8"))
    assert example == _in_clear(Settings())


def test_the_example_is_itself_acceptable() -> None:
    assert load_settings(ROOT / "config.example.toml") == Settings()


def test_the_default_settings_are_the_rules_of_the_house() -> None:
    assert Settings().house_rules() == HouseRules()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text('[server]\nport = 9000\nhost = "::1"\n')
    monkeypatch.setenv("ZHUOLUO_SERVER__PORT", "9001")
    monkeypatch.setenv("ZHUOLUO_DELIVERY__RETRY_SECONDS", "[1, 2]")
    settings = load_settings(None)
    assert (settings.server.port, settings.server.host, settings.delivery.retry_seconds) == (9001, "::1", [1, 2])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('[telegram]\nmode = "pull"', 'telegram.mode: "pull" 不可用；允许: polling, webhook'),
        ('[telegram]\ntokn = "x"', "telegram.tokn: 没有这个设置；是不是 telegram.token？"),
        ("[telegrm]\nenabled = true", "telegrm: 没有这个设置；是不是 telegram？"),
        ("[xyzzy]\na = 1", "xyzzy: 没有这个设置。全部设置见 config.example.toml"),
        ('[run]\npages = "perhaps"', 'run.pages: "perhaps" 不可用；允许: true, false'),
        ("[server]\nport = 70000", "server.port: 70000 不可用；允许: 整数 ≥ 0, ≤ 65535"),
        ("[wechat]\nanswer_within_seconds = 6", "wechat.answer_within_seconds: 6 不可用；允许: 数字 > 0, < 5"),
        ("[delivery]\nlease_seconds = inf", "delivery.lease_seconds: inf 不可用；允许: 数字 > 0"),
        ("[delivery]\nretry_seconds = [5, -1]", "delivery.retry_seconds: [5, -1] 不可用；允许: 列表"),
        ('[community]\ntimezone = "Mars"', 'community.timezone: "Mars" 不可用；允许: 时区名，如 Asia/Shanghai'),
        ('[server]\npublic_url = "example.org"', 'server.public_url: "example.org" 不可用；允许: http://'),
        ("server = 5", "server: 这里应当是一节"),
        ("[telegram]\nenabled = true", "telegram.token: 没有填写；telegram.enabled = true 时必须填写"),
        ("[delivery]\ntimeout_seconds = 60", "delivery.lease_seconds: 必须大于"),
        ('[clocks]\nlanding = "两天"', 'clocks.landing: "两天" 不可用；允许: 像 "24小时"、"7天"、"5个工作日" 这样写'),
        ("[clocks]\nlanding = 7", "clocks.landing: 7 不可用；允许: 像"),
        ('[clocks]\nlanding = "0天"', 'clocks.landing: "0天" 不可用；允许: 像'),
        ("[clocks]\nfirst_answer_hours = 24", "clocks.first_answer_hours: 没有这个设置；是不是 clocks.first_answer？"),
        ("[clocks]\nyellow_from = 1.0", "clocks.yellow_from: 1.0 不可用；允许: 数字 > 0, < 1"),
        (
            '[clocks]\nquick_categories = ["gas", "watr"]',
            'clocks.quick_categories: "watr" 不可用；允许: 类别的代号，是不是 water？',
        ),
        ("[clocks]\nquick_categories = [7]", "clocks.quick_categories: [7] 不可用；允许: 列表"),
        (
            '[clocks.categories]\nxyzzy = "3天"',
            'clocks.categories: "xyzzy" 不可用；允许: 类别的代号，见 understanding/',
        ),
        ('[clocks.categories]\nwater = "马上"', 'clocks.categories.water: "马上" 不可用；允许: 像 "24小时"'),
        ('[clocks.rungs]\ncoridor = "3天"', "clocks.rungs.coridor: 没有这个设置；是不是 clocks.rungs.corridor？"),
        ('[clocks.rungs]\ngrid = "5周"', 'clocks.rungs.grid: "5周" 不可用；允许: 像'),
        ("[clocks]\nrungs = 5", "clocks.rungs: 5 不可用；允许: 一张表"),
        ("[clocks]\nunits = 5", "clocks.units: 5 不可用；允许: 一张表"),
        ('[clocks.units]\nstore = "3天"', 'clocks.units: "store" 不可用；允许: property, owners, department, utility'),
        ('[notices]\nquiet_from = "25:00"', 'notices.quiet_from: "25:00" 不可用；允许: 像 "22:00" 这样写的时刻'),
        ("[notices]\nquiet_until = 07:00:00", "notices.quiet_until: 07:00:00 不可用；允许: 像"),
        ('[notices]\nquiet_from = "7:00"', "notices.quiet_from: 不能与 notices.quiet_until 相同"),
        ('[clocks]\ncalendar = "none.csv"', "clocks.calendar: 找不到或读不了 none.csv"),
        ('[papers]\ntemplates = "none"', "papers.templates: 找不到文件夹 none"),
        ("not toml", "不是合格的 TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(tmp_path: Path, given: str, said: str) -> None:
    lines = _refusal(tmp_path, given)
    assert len(lines) == 1
    assert said in lines[0]


def test_the_limits_are_read_as_people_write_them(tmp_path: Path) -> None:
    (tmp_path / "given.toml").write_text(
        """
        [clocks]
        landing = "5个工作日"
        yellow_from = 0.5
        calendar = "days.csv"
        [clocks.categories]
        noise = "3天"
        [clocks.rungs]
        grid = "72小时"
        [clocks.units]
        department = "15 工作日"
        [notices]
        quiet_from = "21:30"
        """,
        "utf-8",
    )
    (tmp_path / "days.csv").write_text("2027-02-06,上班\n", "utf-8")
    expected = replace(
        HouseRules(),
        landing=Limit(5, Span.WORKDAYS),
        yellow_from=0.5,
        calendar=WorkCalendar({date(2027, 2, 6): True}),
        category_limits={"noise": Limit(3, Span.DAYS)},
        rung_limits={**HouseRules().rung_limits, Rung.GRID: Limit(72, Span.HOURS)},
        unit_limits={"department": Limit(15, Span.WORKDAYS)},
        quiet_from=time(21, 30),
    )
    assert load_settings(tmp_path / "given.toml").house_rules() == expected


def test_a_limit_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHUOLUO_CLOCKS__RUNGS__CORRIDOR", "24小时")
    monkeypatch.setenv("ZHUOLUO_CLOCKS__CATEGORIES__WATER", "4小时")
    rules = load_settings(None).house_rules()
    assert rules.rung_limits == {**HouseRules().rung_limits, Rung.CORRIDOR: Limit(24, Span.HOURS)}
    assert rules.category_limits == {"water": Limit(4, Span.HOURS)}


@pytest.mark.parametrize(
    ("variable", "close"),
    [
        ("ZHUOLUO_CLOCKS__RUNGS__CORIDOR", "；是不是 ZHUOLUO_CLOCKS__RUNGS__CORRIDOR？"),
        ("ZHUOLUO_CLOCKS__LANDING__HOURS", "；是不是 ZHUOLUO_CLOCKS__LANDING？"),
    ],
)
def test_an_unknown_variable_of_the_clocks_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, close: str
) -> None:
    monkeypatch.setenv(variable, "24小时")
    with pytest.raises(Unusable) as refused:
        load_settings(None)
    assert str(refused.value) == f"{variable}: 没有这个设置{close}"


@pytest.mark.parametrize("given", [{"notices": {"quiet": False}}, {"demo": {"enabled": True}}])
def test_nobody_is_spared_at_night_where_it_is_a_demonstration_or_so_wished(given: dict[str, dict[str, bool]]) -> None:
    assert Settings(**given).house_rules().quiet_from is None  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_days_of_the_community_are_read_as_any_spreadsheet_saves_them(tmp_path: Path, encoding: str) -> None:
    lines = (
        "日期,上班或休息,说明",
        "2027-02-06,上班,春节调休",
        "2027/2/8, 休息",
        "",
        "# 下面是国庆,暂定",
        "2027年10月1日,休息",
        ",,",
    )
    (tmp_path / "days.csv").write_text("\r\n".join(lines), encoding, newline="")
    expected = {date(2027, 2, 6): True, date(2027, 2, 8): False, date(2027, 10, 1): False}
    assert read_days(tmp_path / "days.csv") == expected


def test_every_line_of_the_days_that_is_wrong_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text(
        '2027-02-06,上班\n2027-02-30,上班\n2027-02-08\n2027-02-09,加班\n明天,休息\n2027-02-06,休息\n"2027-02-10,休息\n',
        "utf-8",
    )
    assert _refusal(tmp_path, '[clocks]\ncalendar = "days.csv"') == [
        f"clocks.calendar: days.csv 第 {line} 行：{why}"
        for line, why in (
            (2, "“2027-02-30”不是日期；请写成 2027-02-14"),
            (3, "每行写日期和“上班”或“休息”，用逗号隔开，如 2027-02-14,上班"),
            (4, "“加班”看不懂；请写“上班”或“休息”"),
            (5, "“明天”不是日期；请写成 2027-02-14"),
            (6, "2027-02-06 在前面已经写过了"),
            (7, "每行写日期和“上班”或“休息”，用逗号隔开，如 2027-02-14,上班"),
        )
    ]


def test_days_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_bytes(b"\xff\xff\xff")
    assert _refusal(tmp_path, '[clocks]\ncalendar = "days.csv"') == [
        "clocks.calendar: days.csv 读不懂；请另存为 UTF-8 编码的 CSV"
    ]


def test_every_wrong_setting_has_its_own_line(tmp_path: Path) -> None:
    lines = _refusal(tmp_path, '[server]\nport = "x"\n[logs]\nlevel = "LOUD"\nlevle = 1\n')
    assert [line.split(":")[0] for line in lines] == ["server.port", "logs.level", "logs.levle"]


def test_an_unknown_variable_is_refused_with_the_close_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHUOLUO_TELEGRM__TOKEN", "123:canary")
    with pytest.raises(Unusable) as refused:
        load_settings(None)
    assert str(refused.value) == "ZHUOLUO_TELEGRM__TOKEN: 没有这个设置；是不是 ZHUOLUO_TELEGRAM__TOKEN？"


def test_a_list_that_is_no_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHUOLUO_DELIVERY__RETRY_SECONDS", "[5, 30")
    with pytest.raises(Unusable, match="ZHUOLUO_DELIVERY"):
        load_settings(None)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"nowhere\.toml"):
        load_settings(tmp_path / "nowhere.toml")


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("123:from-a-file\n")
    (tmp_path / "given.toml").write_text(f'[telegram]\nenabled = true\ntoken_file = "{tmp_path}/token"\n')
    assert load_settings(tmp_path / "given.toml").telegram.token.get_secret_value() == "123:from-a-file"


def test_a_secret_given_twice_or_in_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, '[telegram]\ntoken = "1:canary"\ntoken_file = "x"') == [
        "telegram: token 与 token_file 只能填一个"
    ]
    assert _refusal(tmp_path, f'[wechat]\napp_secret_file = "{tmp_path}/none"') == [
        "wechat: app_secret_file 所指的文件读不了"
    ]


def test_a_refused_secret_is_not_repeated(tmp_path: Path) -> None:
    assert "88997766" not in "".join(_refusal(tmp_path, "[telegram]\ntoken = 88997766"))
    assert "canary" not in "".join(_refusal(tmp_path, '[database]\nurl = "mysql://me:canary@host/x"'))


def test_secrets_are_not_in_what_is_printed() -> None:
    settings = Settings(telegram={"token": "1:canary"}, database={"url": "postgresql://me:pwcanary@db/x"})  # type: ignore[arg-type]
    assert "1:canary" not in repr(settings) + str(settings) + json.dumps(settings.model_dump(mode="json"))
    assert settings.secrets() == ["1:canary", "pwcanary"]


def test_webhook_mode_wants_a_long_secret(tmp_path: Path) -> None:
    lines = _refusal(tmp_path, '[telegram]\nenabled = true\ntoken = "1:x"\nmode = "webhook"\nwebhook_secret = "short"')
    assert lines[0].startswith("telegram.webhook_secret")
    assert "short" not in lines[0]


def test_wechat_wants_its_keys(tmp_path: Path) -> None:
    names = [line.split(":")[0] for line in _refusal(tmp_path, "[wechat]\nenabled = true")]
    assert names == ["wechat.app_id", "wechat.app_secret", "wechat.token", "wechat.encoding_aes_key"]


def test_plaintext_wechat_is_allowed_with_a_warning() -> None:
    wechat = {"enabled": True, "mode": "plaintext", "app_id": "wx1", "app_secret": "s", "token": "t"}
    settings = Settings(wechat=wechat)  # type: ignore[arg-type]
    assert problems(settings) == []
    assert len(warnings(settings)) == 1
    assert "plaintext" in warnings(settings)[0]


def test_the_cookie_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(paths={"data": tmp_path / "data"})  # type: ignore[arg-type]
    first = with_generated_secrets(settings).webchat.cookie_secret.get_secret_value()
    second = with_generated_secrets(settings).webchat.cookie_secret.get_secret_value()
    file = tmp_path / "data" / "secrets" / "cookie"
    assert len(first) >= 32
    assert first == second == file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_template_that_cannot_be_filled_is_named_but_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "notice.docx").write_text("not a file of a word processor")
    settings = Settings(papers={"templates": str(tmp_path)})  # type: ignore[arg-type]
    assert problems(settings) == []
    assert [line for line in warnings(settings) if "notice.docx 用不了，先用自带的模板" in line]
