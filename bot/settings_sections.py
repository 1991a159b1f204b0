"""The sections of the settings: names, defaults and what each accepts; ``config.example.toml`` explains them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from models.community import OrganisationKind
from models.rules.limits import Limit
from models.rules.meeting_steps import read_offsets
from texts import text
from understanding import CATEGORIES

Count = Annotated[int, Field(gt=0)]
Amount = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Platform = Literal["telegram", "wechat", "webchat", "console"]
Pause = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(text("settings.want_zone")) from None
    return name


def _database(url: str) -> str:
    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    if backend not in ("sqlite", "postgresql", "postgres"):
        raise ValueError(text("settings.want_database"))
    return url


def _address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ValueError(text("settings.want_address"))
    return url.rstrip("/")


def _limit(written: object) -> str:
    try:
        Limit.read(str(written))
    except ValueError:
        raise ValueError(text("settings.want_limit")) from None
    return str(written)


def _offsets(written: dict[str, str]) -> dict[str, str]:
    try:
        read_offsets(written)
    except ValueError:
        raise ValueError(text("settings.want_offsets")) from None
    return written


def _time_of_day(written: object) -> str:
    try:
        if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", str(written)):
            time_of_day(str(written))
            return str(written)
    except ValueError:
        pass
    raise ValueError(text("settings.want_time"))


def time_of_day(written: str) -> time:
    hour, _, minute = written.partition(":")
    return time(int(hour), int(minute))


def _category(key: str) -> str:
    if key not in CATEGORIES:
        raise ValueError(text("settings.want_category", close=_close(key, CATEGORIES)))
    return key


def _kind_of_unit(key: str) -> str:
    if key not in set(OrganisationKind):
        raise ValueError(text("settings.want_unit", close=_close(key, list(OrganisationKind))))
    return key


def _close(key: str, known: Collection[str]) -> str:
    return "".join(difflib.get_close_matches(key, known, n=1, cutoff=0.6))


Address = Annotated[str, AfterValidator(_address)]
WrittenLimit = Annotated[str, BeforeValidator(_limit)]
WrittenTime = Annotated[str, BeforeValidator(_time_of_day)]
CategoryKey = Annotated[str, AfterValidator(_category)]
KindOfUnit = Annotated[str, AfterValidator(_kind_of_unit)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, given: Any) -> Any:
        """Takes ``name`` from the file that ``name_file`` names."""
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        for key in [k for k in cls.model_fields if k.endswith("_file") and given.get(k)]:
            name = key.removesuffix("_file")
            if given.get(name):
                raise ValueError(text("settings.twice", name=name, file=key))
            try:
                filled[name] = Path(str(given[key])).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise ValueError(text("settings.unreadable", name=key)) from None
        return filled


class DatabaseSettings(Section):
    url: Annotated[str, AfterValidator(_database)] = "sqlite:///var/zhuoluo.db"
    url_file: str = ""
    busy_timeout_seconds: Seconds = 30
    pool_size: Count = 8


class ServerSettings(Section):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: Address = "http://127.0.0.1:8000"


class RunSettings(Section):
    pages: bool = True
    platforms: bool = True
    delivery: bool = True
    timetable: bool = True


class PathSettings(Section):
    data: Path = Path("var")


class DemoSettings(Section):
    enabled: bool = False


class LogSettings(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["text", "json"] = "text"


class DeliverySettings(Section):
    concurrency: Count = 8
    batch: Count = 100
    lease_seconds: Seconds = 60
    poll_seconds: Seconds = 1
    retry_seconds: Annotated[list[Seconds], Field(min_length=1)] = [5, 30, 120, 600, 3600, 21600]
    timeout_seconds: Seconds = 10


class TelegramSettings(Section):
    enabled: bool = False
    mode: Literal["polling", "webhook"] = "polling"
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]*$")] = ""
    token: SecretStr = SecretStr("")
    token_file: str = ""
    webhook_secret: SecretStr = SecretStr("")
    webhook_secret_file: str = ""
    api_url: Address = "https://api.telegram.org"
    messages_per_second: Seconds = 30
    chat_interval_seconds: Pause = 1
    body_limit: Count = 262144


class WeChatSettings(Section):
    enabled: bool = False
    mode: Literal["safe", "plaintext"] = "safe"
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    app_secret_file: str = ""
    token: SecretStr = SecretStr("")
    token_file: str = ""
    encoding_aes_key: SecretStr = SecretStr("")
    encoding_aes_key_file: str = ""
    previous_encoding_aes_key: SecretStr = SecretStr("")
    previous_encoding_aes_key_file: str = ""
    api_url: Address = "https://api.weixin.qq.com"
    verified: bool = True
    answer_within_seconds: Annotated[float, Field(gt=0, lt=5)] = 4.5
    body_limit: Count = 65536


class WebChatSettings(Section):
    enabled: bool = True
    cookie_secret: SecretStr = SecretStr("")
    cookie_secret_file: str = ""
    upload_limit: Count = 10485760


class CommunitySettings(Section):
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"


class PaperSettings(Section):
    templates: str = ""


class ConsentSettings(Section):
    version: Annotated[str, Field(min_length=1)] = "2026-11"
    abroad_platforms: list[Platform] = ["telegram"]


class RungSettings(Section):
    corridor: WrittenLimit = "48小时"
    grid: WrittenLimit = "5个工作日"
    community: WrittenLimit = "10个工作日"
    street: WrittenLimit = "15个工作日"


class ClockSettings(Section):
    first_answer: WrittenLimit = "24小时"
    first_answer_urgent: WrittenLimit = "2小时"
    landing: WrittenLimit = "7天"
    landing_urgent: WrittenLimit = "24小时"
    landing_complex: WrittenLimit = "15天"
    quick_categories: list[CategoryKey] = ["water", "power", "gas", "heating"]
    complex_categories: list[CategoryKey] = ["illegal_build", "housing"]
    waiting_for_raiser: WrittenLimit = "5天"
    waiting_for_meeting: WrittenLimit = "60天"
    extension_at_most: WrittenLimit = "30天"
    yellow_from: Annotated[float, Field(gt=0, lt=1)] = 0.8
    declines_before_lead: Count = 2
    urge_again_hours: Seconds = 24
    calendar: str = ""
    categories: dict[CategoryKey, WrittenLimit] = {}
    rungs: RungSettings = RungSettings()
    units: dict[KindOfUnit, WrittenLimit] = {}


class MeetingSettings(Section):
    plan_ahead_days: Seconds = 60
    minutes: Count = 90
    check_in_opens_minutes: Seconds = 30
    offsets: Annotated[dict[str, str], AfterValidator(_offsets)] = {}


class NoticeSettings(Section):
    quiet: bool = True
    quiet_from: WrittenTime = "22:00"
    quiet_until: WrittenTime = "07:00"
    bundled_from: Annotated[int, Field(ge=2)] = 3
    heartbeat_days: Seconds = 7


class UnderstandingSettings(Section):
    model: str = ""
    like_within_days: Seconds = 60
    recurs_within_days: Seconds = 90


class RatingSettings(Section):
    window_days: Seconds = 7
    follow_up_days: Seconds = 3
    reopen_within_days: Seconds = 15
    reopen_times: Amount = 2


class DraftSettings(Section):
    kept_hours: Seconds = 24
    asked_after_minutes: Seconds = 30


class InvitationSettings(Section):
    kept_hours: Seconds = 24
    second_person: bool = True
    tries_per_hour: Count = 5


class FloodSettings(Section):
    burst: Count = 5
    burst_window_seconds: Seconds = 10
    flood: Count = 30
    flood_window_seconds: Seconds = 60
    flood_quiet_minutes: Seconds = 10
    issues_per_hour: Count = 3
    issues_per_day: Count = 10
    media_bytes_per_day: Count = 20971520
    max_words: Annotated[int, Field(gt=0, le=2000)] = 2000
    max_photos: Count = 9


class RetentionSettings(Section):
    raw_days: Seconds = 30
    forgetting_platforms: list[Platform] = ["wechat"]
    nonces_minutes: Annotated[float, Field(ge=10)] = 10
