"""``zhuoluo run``, ``migrate`` and ``check-config``: starting the program."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Sequence

import typer
import uvicorn
from pydantic import SecretStr
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot import logs
from bot.app import Running, create_app
from bot.clock import Clock
from bot.database import migrate
from bot.errors import Unusable
from bot.session import writing
from bot.settings import Settings, load_settings, warnings, with_own_address
from models.community import Community
from models.member import Grant, Invitation, Post
from models.rules.posts import Role
from services import invitations, sample
from texts import text

PART_DIED = 70
_GRACE = 20  # seconds for requests that were begun


def run(ctx: typer.Context) -> None:
    settings = load_settings(ctx.obj)
    logs.configure(settings)
    for warning in warnings(settings):
        print(warning, file=sys.stderr)
    with _bound(settings) as door:
        settings = with_own_address(settings, port=door.getsockname()[1])
        _prepare(settings)
        sys.exit(_serve(settings, door))


def migrate_database(ctx: typer.Context) -> None:
    _prepare(load_settings(ctx.obj))
    print(text("cli.migrated"))


def check_config(ctx: typer.Context) -> None:
    settings = load_settings(ctx.obj)
    for section in type(settings).model_fields:
        for name, value in dict(getattr(settings, section)).items():
            print(f"{section}.{name} = {_shown(section, name, value)}")
    for warning in warnings(settings):
        print(warning)
    print(text("cli.settings_fine"))


def _shown(section: str, name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return text("cli.secret_set") if value.get_secret_value() else text("cli.secret_unset")
    if (section, name) == ("database", "url"):  # it may hold a password
        return make_url(str(value)).render_as_string(hide_password=True)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bound(settings: Settings) -> socket.socket:
    """The door is opened before anything else is touched: a second start must not disturb the first."""
    server = settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio sets no TCP_NODELAY: 40 ms
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((server.host, server.port))
        door.listen(512)  # now, so that a second program sees the port as taken
    except OSError as error:
        door.close()
        if error.errno in (98, 48):  # EADDRINUSE on Linux and macOS
            other = server.port + 1 if server.port < 65535 else 8001
            raise Unusable(text("cli.port_taken", host=server.host, port=server.port, other=other)) from None
        raise Unusable(text("cli.host_unknown", host=server.host, why=error.strerror or "")) from None
    return door


def _prepare(settings: Settings) -> None:
    """Tables as this version wants them; in demo mode, somebody to talk to."""
    migrate(settings.database.url)
    if settings.demo.enabled:
        with writing(settings) as session:
            if sample.is_empty(session):
                at, rules = Clock().now(), settings.house_rules()
                sample.load_sample(session, at=at, consent_version=rules.consent_version)
                sample.hold_meetings(session, at=at, rules=rules)
                print(text("cli.sample_loaded"))


class _Server(uvicorn.Server):
    """uvicorn, which also tells where it is, and lets open streams go before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, running: Running, greeting: Sequence[str]) -> None:
        super().__init__(config)
        self._running = running
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print("\n".join(self._greeting), flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._running.let_go()
        await super().shutdown(sockets)


def _serve(settings: Settings, door: socket.socket) -> int:
    """Serves until told to stop. Returns the exit code."""
    servers: list[_Server] = []

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    app: Starlette = create_app(settings, on_failure=stop)
    running: Running = app.state.running
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config, running, _greeting(settings))
    servers.append(server)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it is done; then we are, too
        signal.signal(number, lambda *_: None)
    asyncio.run(server.serve(sockets=[door]))
    if running.fallen:
        print(text("cli.part_died"), file=sys.stderr)
        return PART_DIED
    print(text("cli.stopped"))
    return 0


def _greeting(settings: Settings) -> list[str]:
    own = settings.server.public_url
    places = [("cli.address_home", "/")] if settings.run.pages else []
    if settings.demo.enabled and settings.run.pages:
        places.append(("cli.address_demo", "/demo"))
    if settings.webchat.enabled and settings.run.platforms:
        places.append(("cli.address_chat", "/chat"))
    places.append(("cli.address_health", "/healthz"))
    lines = [text("cli.running"), *(f"  {text(key)}  {own}{path}" for key, path in places)]
    with writing(settings) as session:
        return lines + _administrator_wanted(session, settings)


def _administrator_wanted(session: Session, settings: Settings) -> list[str]:
    """An invitation for each community that never had an administrator nor was offered one that still holds."""
    clock, rules, lines = Clock(), settings.house_rules(), []
    held = select(Grant.post_id)
    offered = select(Invitation.post_id).where(Invitation.expires_at > clock.now())
    vacant = session.execute(
        select(Post, Community.name)
        .join(Community, Community.id == Post.community_id)
        .where(Post.role == Role.ADMINISTRATOR, Post.id.not_in(held), Post.id.not_in(offered))
        .limit(5)
    ).all()
    for post, community in vacant:
        at = clock.now()
        code = invitations.invite(session, post=post, at=at, rules=rules)
        until = f"{(at + rules.invitation_kept).astimezone():%m-%d %H:%M}"
        lines += [text("cli.first_administrator", community=community, until=until), f"  {code}"]
    return lines
