"""Every setting, its default and what it accepts: from a TOML file, overridden by ``ZHUOLUO_<SECTION>__<NAME>``.

A secret may instead lie in a file named by ``<name>_file``; it is never printed.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError
from sqlalchemy import make_url

from bot.days_given import read_days
from bot.errors import Unusable
from bot.papers.filling import wrong_templates
from bot.settings_sections import (
    ClockSettings,
    CommunitySettings,
    ConsentSettings,
    DatabaseSettings,
    DeliverySettings,
    DemoSettings,
    DraftSettings,
    FloodSettings,
    InvitationSettings,
    LogSettings,
    MeetingSettings,
    NoticeSettings,
    PaperSettings,
    PathSettings,
    RatingSettings,
    RetentionSettings,
    RunSettings,
    ServerSettings,
    TelegramSettings,
    UnderstandingSettings,
    WebChatSettings,
    WeChatSettings,
    time_of_day,
)
from bot.settings_words import is_setting, refusals, unknown_variable
from models.rules.house import HouseRules
from models.rules.limits import Limit
from models.rules.posts import Rung
from models.rules.working_days import WorkCalendar
from texts import text

PREFIX = "ZHUOLUO_"
#: Variables with the prefix that are not settings.
_OTHER_VARIABLES = re.compile(r"ZHUOLUO_(CONFIG|TEST_\w+|BENCH_\w+)")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    run: RunSettings = RunSettings()
    paths: PathSettings = PathSettings()
    demo: DemoSettings = DemoSettings()
    logs: LogSettings = LogSettings()
    delivery: DeliverySettings = DeliverySettings()
    telegram: TelegramSettings = TelegramSettings()
    wechat: WeChatSettings = WeChatSettings()
    webchat: WebChatSettings = WebChatSettings()
    community: CommunitySettings = CommunitySettings()
    papers: PaperSettings = PaperSettings()
    consent: ConsentSettings = ConsentSettings()
    clocks: ClockSettings = ClockSettings()
    meetings: MeetingSettings = MeetingSettings()
    notices: NoticeSettings = NoticeSettings()
    understanding: UnderstandingSettings = UnderstandingSettings()
    rating: RatingSettings = RatingSettings()
    draft: DraftSettings = DraftSettings()
    invitations: InvitationSettings = InvitationSettings()
    flood: FloodSettings = FloodSettings()
    retention: RetentionSettings = RetentionSettings()

    def house_rules(self) -> HouseRules:
        """Reads the file of working days, where one is named: :class:`Unusable` when it is not as it should be."""
        clocks, notices, flood = self.clocks, self.notices, self.flood
        return HouseRules(
            timezone=self.community.timezone,
            consent_version=self.consent.version,
            abroad_platforms=frozenset(self.consent.abroad_platforms),
            forgetting_platforms=frozenset(self.retention.forgetting_platforms),
            calendar=WorkCalendar(read_days(Path(clocks.calendar)) if clocks.calendar else {}),
            first_answer=Limit.read(clocks.first_answer),
            first_answer_urgent=Limit.read(clocks.first_answer_urgent),
            landing=Limit.read(clocks.landing),
            landing_urgent=Limit.read(clocks.landing_urgent),
            landing_complex=Limit.read(clocks.landing_complex),
            quick_categories=frozenset(clocks.quick_categories),
            complex_categories=frozenset(clocks.complex_categories),
            category_limits=_limits(clocks.categories),
            rung_limits={Rung(rung): limit for rung, limit in _limits(dict(clocks.rungs)).items()},
            unit_limits=_limits(clocks.units),
            yellow_from=clocks.yellow_from,
            waiting_for_raiser=Limit.read(clocks.waiting_for_raiser),
            waiting_for_meeting=Limit.read(clocks.waiting_for_meeting),
            extension_at_most=Limit.read(clocks.extension_at_most),
            declines_before_lead=clocks.declines_before_lead,
            urge_again=timedelta(hours=clocks.urge_again_hours),
            heartbeat=timedelta(days=notices.heartbeat_days),
            follow_up=timedelta(days=self.rating.follow_up_days),
            quiet_from=time_of_day(notices.quiet_from) if notices.quiet and not self.demo.enabled else None,
            quiet_until=time_of_day(notices.quiet_until),
            bundled_from=notices.bundled_from,
            plan_ahead=timedelta(days=self.meetings.plan_ahead_days),
            meeting_offsets=dict(self.meetings.offsets),
            meeting_minutes=self.meetings.minutes,
            check_in_opens=timedelta(minutes=self.meetings.check_in_opens_minutes),
            rating_window=timedelta(days=self.rating.window_days),
            reopen_within=timedelta(days=self.rating.reopen_within_days),
            reopen_times=self.rating.reopen_times,
            like_within=timedelta(days=self.understanding.like_within_days),
            recurs_within=timedelta(days=self.understanding.recurs_within_days),
            draft_kept=timedelta(hours=self.draft.kept_hours),
            draft_asked_after=timedelta(minutes=self.draft.asked_after_minutes),
            invitation_kept=timedelta(hours=self.invitations.kept_hours),
            second_person=self.invitations.second_person and not self.demo.enabled,
            invitation_tries_per_hour=self.invitations.tries_per_hour,
            burst=flood.burst,
            burst_window=timedelta(seconds=flood.burst_window_seconds),
            flood=flood.flood,
            flood_window=timedelta(seconds=flood.flood_window_seconds),
            flood_quiet=timedelta(minutes=flood.flood_quiet_minutes),
            issues_per_hour=flood.issues_per_hour,
            issues_per_day=flood.issues_per_day,
            media_bytes_per_day=flood.media_bytes_per_day,
            max_words=flood.max_words,
            max_photos=flood.max_photos,
            raw_kept=timedelta(days=self.retention.raw_days),
            nonces_kept=timedelta(minutes=self.retention.nonces_minutes),
        )

    def secrets(self) -> list[str]:
        """Every secret in clear, for the redaction of the logs."""
        found = [
            value.get_secret_value()
            for name in type(self).model_fields
            for value in dict(getattr(self, name)).values()
            if isinstance(value, SecretStr)
        ]
        password = make_url(self.database.url).password
        return [s for s in [*found, password or ""] if s]


def _limits(written: Mapping[str, str]) -> dict[str, Limit]:
    return {key: Limit.read(words) for key, words in written.items()}


def load_settings(path: Path | None) -> Settings:
    """The settings of this run. Without ``path``: ``$ZHUOLUO_CONFIG``, else ``config.toml`` if it is there.

    Raises :class:`Unusable` with one line for each setting that is unknown, malformed or missing.
    """
    given = _file(path)
    unknown = [
        name
        for name in sorted(os.environ)
        if name.upper().startswith(PREFIX) and not _OTHER_VARIABLES.fullmatch(name) and not _is_known(name)
    ]
    if unknown:
        raise Unusable("\n".join(unknown_variable(name, Settings) for name in unknown))
    try:
        merged = _merge(given, EnvSettingsSource(Settings)())
    except SettingsError as error:
        section = re.search(r'field "(\w+)"', str(error))
        raise Unusable(text("settings.bad_variable", name=PREFIX + (section[1].upper() if section else "…"))) from None
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise Unusable("\n".join(refusals(error, Settings, merged))) from None
    if wrong := problems(settings):
        raise Unusable("\n".join(wrong))
    return with_own_address(settings, port=settings.server.port)


def _file(path: Path | None) -> dict[str, Any]:
    chosen = path or Path(os.environ.get(f"{PREFIX}CONFIG") or "config.toml")
    if path is None and f"{PREFIX}CONFIG" not in os.environ and not chosen.exists():
        return {}
    try:
        return tomllib.loads(chosen.read_text("utf-8"))
    except OSError:
        raise Unusable(text("settings.no_file", path=str(chosen))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unusable(text("settings.not_toml", path=str(chosen), why=str(error))) from None


def _is_known(variable: str) -> bool:
    return is_setting(variable[len(PREFIX) :].lower().split("__"), Settings)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def with_own_address(settings: Settings, *, port: int) -> Settings:
    """Unless a public address is set, it is the one this process listens on."""
    if "public_url" in settings.server.model_fields_set:
        return settings
    host = settings.server.host
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    server = settings.server.model_copy(update={"port": port, "public_url": f"http://{host}:{port}"})
    return settings.model_copy(update={"server": server})


def problems(settings: Settings) -> list[str]:
    """What contradicts itself. With any of these the program does not start."""
    found = []

    def want(holds: object, key: str, **params: object) -> None:
        if not holds:
            found.append(text(key, language="zh_CN", **params))

    if settings.telegram.enabled:
        telegram = settings.telegram
        needed = {"name": "telegram.token", "when": "telegram.enabled = true"}
        want(telegram.token.get_secret_value(), "settings.needed", **needed)
        if telegram.mode == "webhook":
            secret = telegram.webhook_secret.get_secret_value()
            want(re.fullmatch(r"[A-Za-z0-9_-]{32,256}", secret), "settings.want_webhook_secret")
    if settings.wechat.enabled:
        wechat = settings.wechat
        required = {
            "app_id": wechat.app_id,
            "app_secret": wechat.app_secret.get_secret_value(),
            "token": wechat.token.get_secret_value(),
        }
        for name, value in required.items():
            want(value, "settings.needed", name=f"wechat.{name}", when="wechat.enabled = true")
        key = wechat.encoding_aes_key.get_secret_value()
        previous = wechat.previous_encoding_aes_key.get_secret_value()
        if wechat.mode == "safe" or key:
            want(_aes(key), "settings.want_aes_key", name="wechat.encoding_aes_key")
        want(not previous or _aes(previous), "settings.want_aes_key", name="wechat.previous_encoding_aes_key")
    want(settings.invitations.second_person or settings.demo.enabled, "settings.want_second_person")
    cookie = settings.webchat.cookie_secret.get_secret_value()
    want(not cookie or len(cookie) >= 32, "settings.want_cookie_secret")
    if settings.delivery.lease_seconds <= settings.delivery.timeout_seconds:
        want(False, "settings.want_lease")
    notices = settings.notices
    want(time_of_day(notices.quiet_from) != time_of_day(notices.quiet_until), "settings.want_quiet")
    if settings.clocks.calendar:
        try:
            read_days(Path(settings.clocks.calendar))
        except Unusable as wrong:
            found += str(wrong).splitlines()
    if settings.papers.templates:
        want(Path(settings.papers.templates).is_dir(), "settings.want_folder", path=settings.papers.templates)
    return found


def _aes(key: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9+/]{43}", key) is not None


def warnings(settings: Settings) -> list[str]:
    """What is allowed but not wise."""
    found = []
    if settings.wechat.enabled and settings.wechat.mode == "plaintext":
        found.append(text("settings.warn_plaintext"))
    if settings.demo.enabled and settings.server.host not in ("127.0.0.1", "::1", "localhost"):
        found.append(text("settings.warn_demo"))
    if settings.server.public_url.startswith("http://") and not re.match(
        r"http://(127\.|localhost|\[::1\])", settings.server.public_url
    ):
        found.append(text("settings.warn_http"))
    if settings.papers.templates:
        wrong = wrong_templates(Path(settings.papers.templates))
        found += [text("settings.warn_template", file=file, why=why) for file, why in wrong.items()]
    return found


def with_generated_secrets(settings: Settings) -> Settings:
    """Fills the cookie secret from ``data/secrets/cookie``, which the first run writes, readable by its owner only."""
    if settings.webchat.cookie_secret.get_secret_value():
        return settings
    file = settings.paths.data / "secrets" / "cookie"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        fresh = file.with_name(f"cookie.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was quicker: its secret holds
            os.link(fresh, file)
        fresh.unlink()
    secret = file.read_text().strip()
    if len(secret) < 32:
        raise Unusable(text("settings.bad_cookie_file", path=str(file)))
    webchat = settings.webchat.model_copy(update={"cookie_secret": SecretStr(secret)})
    return settings.model_copy(update={"webchat": webchat})
