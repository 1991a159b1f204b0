"""The settings: what is accepted, what is refused and with which words, and that secrets stay secret."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import Unusable
from bot.settings import Settings, load_settings, problems, warnings, with_generated_secrets
from models.rules.house import HouseRules

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
        ('[server]\npublic_url = "example.org"', "server.public_url: \"example.org\" 不可用；允许: http://"),
        ("server = 5", "server: 这里应当是一节"),
        ("[telegram]\nenabled = true", "telegram.token: 没有填写；telegram.enabled = true 时必须填写"),
        ("[delivery]\ntimeout_seconds = 60", "delivery.lease_seconds: 必须大于"),
        ("not toml", "不是合格的 TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(tmp_path: Path, given: str, said: str) -> None:
    lines = _refusal(tmp_path, given)
    assert len(lines) == 1
    assert said in lines[0]


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
    lines = _refusal(
        tmp_path, '[telegram]\nenabled = true\ntoken = "1:x"\nmode = "webhook"\nwebhook_secret = "short"'
    )
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
