"""The sections of the settings: names, defaults and what each accepts; ``config.example.toml`` explains them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from texts import text

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


Address = Annotated[str, AfterValidator(_address)]


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


class ConsentSettings(Section):
    version: Annotated[str, Field(min_length=1)] = "2026-11"
    abroad_platforms: list[Platform] = ["telegram"]


class ClockSettings(Section):
    first_answer_hours: Seconds = 24
    first_answer_urgent_hours: Seconds = 2
    landing_days: Seconds = 7
    landing_urgent_hours: Seconds = 24
    landing_complex_days: Seconds = 15
    quick_categories: list[str] = ["water", "power", "gas", "heating"]
    complex_categories: list[str] = ["illegal_build", "housing"]


class UnderstandingSettings(Section):
    model: str = ""
    like_within_days: Seconds = 60
    recurs_within_days: Seconds = 90


class RatingSettings(Section):
    window_days: Seconds = 7
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
