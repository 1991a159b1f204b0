"""``zhuoluo import-places``, ``import-map``, ``invite``, ``end-role`` and ``chat``: places, and people in them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console as Terminal
from rich.progress import track
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import logs
from bot.clock import Clock
from bot.database import Database
from bot.delivery import Delivery
from bot.documents import DocumentMaker
from bot.errors import Unusable
from bot.inbox import Inbox
from bot.media import MediaStore
from bot.models_given import own_model
from bot.place_table import bad_row, read_places, write_template
from bot.platforms.base import Deps
from bot.platforms.console import Console, repl
from bot.session import reading, writing
from bot.settings import Settings, load_settings, with_generated_secrets
from bot.transactions import open_transactions
from handlers.context import House
from models.dialect import insert_ignore
from models.member import Account
from models.rules.errors import NobodyReachable
from models.rules.posts import CONFIRMED_ROLES, Role
from services import invitations, leaving
from services.borders import NotAMap, import_map
from services.leaving import Holding
from services.members import post_for
from services.place_list import PlacesReport, import_places
from services.places import Scope, ScopeUnclear, gazetteer, resolve_scope
from texts import text

BAD_ROWS = 1


def import_list(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help=text("cli.arg_places"))] = None,
    partial: Annotated[bool, typer.Option("--partial", help=text("cli.opt_partial"))] = False,
    template: Annotated[Path | None, typer.Option("--template", help=text("cli.opt_template"))] = None,
) -> None:
    if template is not None:
        write_template(template)
        print(text("cli.template_written", path=str(template)))
        return
    if file is None:
        raise Unusable(text("cli.need_places"))
    settings = load_settings(ctx.obj)
    rows, unreadable = read_places(file)
    bar = iter(track(rows, description=text("cli.importing"), console=Terminal(stderr=True)))

    def step() -> None:
        next(bar, None)

    with writing(settings) as session:
        report = import_places(session, rows=rows, unreadable=unreadable, partial=partial, step=step)
    step()  # past the last row: the bar is complete
    _tell(report, partial)


def _tell(report: PlacesReport, partial: bool) -> None:
    for bad in report.bad:
        print(bad_row(bad), file=sys.stderr)
    if report.bad and not partial:
        print(text("cli.nothing_imported", bad=len(report.bad)), file=sys.stderr)
        raise typer.Exit(BAD_ROWS)
    print(text("cli.imported", created=report.created, updated=report.updated, unchanged=report.unchanged))
    if report.bad:
        print(text("cli.imported_partly", bad=len(report.bad)), file=sys.stderr)
        raise typer.Exit(BAD_ROWS)


def import_borders(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=text("cli.arg_map"))],
    partial: Annotated[bool, typer.Option("--partial", help=text("cli.opt_partial"))] = False,
) -> None:
    settings = load_settings(ctx.obj)
    try:
        data = json.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(file), why=error.strerror or "")) from None
    except ValueError as error:  # neither UTF-8 nor JSON
        raise Unusable(text("map.not_a_map", path=str(file), why=str(error)[:80])) from None
    try:
        with writing(settings) as session:
            report = import_map(session, data=data, partial=partial)
    except NotAMap:
        raise Unusable(text("map.not_a_map", path=str(file), why="FeatureCollection")) from None
    for bad in report.bad:
        said = text(f"map.bad_{bad.reason}", name=bad.name, offers="、".join(bad.offers))
        print(text("map.bad", number=bad.number, why=said), file=sys.stderr)
    if report.bad and not partial:
        print(text("cli.nothing_imported", bad=len(report.bad)), file=sys.stderr)
        raise typer.Exit(BAD_ROWS)
    print(text("map.imported", grids=report.grids, compounds=report.compounds))
    if report.bad:
        raise typer.Exit(BAD_ROWS)


def invite(
    ctx: typer.Context,
    role: Annotated[str, typer.Option("--role", help=text("cli.opt_role"))],
    scope: Annotated[str, typer.Option("--scope", help=text("cli.opt_scope"))],
    qr: Annotated[Path | None, typer.Option("--qr", help=text("cli.opt_qr"))] = None,
) -> None:
    settings = load_settings(ctx.obj)
    wanted = _role(role)
    at, rules = Clock().now(), settings.house_rules()
    with writing(settings) as session:
        found = _scope(session, scope, wanted)
        post = post_for(
            session,
            role=wanted,
            scope_kind=found.kind,
            scope_id=found.id,
            community_id=found.community_id,
            label=found.label,
        )
        code = invitations.invite(session, post=post, at=at, rules=rules)
    until = (at + rules.invitation_kept).astimezone(ZoneInfo(rules.timezone))
    print(text("cli.invited", role=text(f"words.role_{wanted}"), label=found.label))
    print(text("cli.invite_code", until=f"{until:%m-%d %H:%M}"))
    print(f"  {code}")
    _print_links(settings, code, qr)
    if rules.second_person and wanted in CONFIRMED_ROLES:
        print(text("cli.invite_confirm"))


def end_role(
    ctx: typer.Context,
    role: Annotated[str, typer.Option("--role", help=text("cli.opt_role"))],
    scope: Annotated[str, typer.Option("--scope", help=text("cli.opt_scope"))],
    name: Annotated[str, typer.Option("--name", help=text("cli.opt_whose"))] = "",
    sure: Annotated[bool, typer.Option("--yes", help=text("cli.opt_yes"))] = False,
) -> None:
    settings = load_settings(ctx.obj)
    wanted, at, rules = _role(role), Clock().now(), settings.house_rules()
    with reading(settings) as session:
        found = _scope(session, scope, wanted)
        holding = _holding(
            leaving.on_post(session, role=wanted, scope_kind=found.kind, scope_id=found.id, at=at), name, found.label
        )
    who = text("absence.who", name=holding.name, role=text(f"words.role_{wanted}"), label=found.label)
    if not sure and not typer.confirm(text("leave_post.sure", who=who, own=False, issues=holding.issues)):
        print(text("leave_post.kept"))
        return
    try:
        with writing(settings) as session:
            left = leaving.end_role(
                session, grant_id=holding.grant_id, by=None, words=text("leave_post.why"), at=at, rules=rules
            )
    except NobodyReachable:
        raise Unusable(text("cli.nobody_to_take_over", who=who)) from None
    print(text("leave_post.done", who=who, kept=left.kept, moved=left.moved))


def _holding(people: Sequence[Holding], name: str, label: str) -> Holding:
    """The one who is meant; of several their name says who."""
    meant = [each for each in people if not name or each.name == name]
    if not meant:
        raise Unusable(text("cli.nobody_on_post", label=label, name=name))
    if len(meant) > 1:
        raise Unusable(text("cli.several_on_post", label=label, names="、".join(each.name for each in meant)))
    return meant[0]


def _role(written: str) -> Role:
    names = {role: text(f"words.role_{role}") for role in Role}
    for role, name in names.items():
        if written.strip().lower() in (role.value, name):
            return role
    known = "、".join(f"{role.value} {name}" for role, name in names.items())
    raise Unusable(text("cli.role_unknown", role=written, known=known))


def _scope(session: Session, path: str, role: Role) -> Scope:
    try:
        return resolve_scope(session, path=path, role=role)
    except ScopeUnclear as unclear:
        offers = unclear.offers
        if unclear.reason == "unfitting":
            offers = tuple(text(f"cli.kind_{kind}") for kind in offers)
        said = {"part": unclear.part, "offers": "、".join(offers)}
        if unclear.reason == "unfitting":
            raise Unusable(text("cli.scope_unfitting", role=text(f"words.role_{role}"), **said)) from None
        if unclear.reason == "ambiguous":
            raise Unusable(text("cli.scope_ambiguous", **said)) from None
        raise Unusable(text("cli.scope_unknown", **said)) from None


def _print_links(settings: Settings, code: str, qr: Path | None) -> None:
    import segno

    web = f"{settings.server.public_url}/chat#invite={code}"
    best = web
    if settings.telegram.username:
        best = f"https://t.me/{settings.telegram.username}?start={code}"
        print(text("cli.invite_telegram"), best)
    else:
        print(text("cli.invite_telegram_missing"))
    print(text("cli.invite_wechat"), code)
    print(text("cli.invite_web"), web)
    picture = segno.make(best, micro=False)
    if sys.stdout.isatty():
        picture.terminal(compact=True)
    if qr is not None:
        try:
            picture.save(str(qr), kind="png", scale=8, border=4)
        except OSError as error:
            raise Unusable(text("export.not_written", path=str(qr), why=error.strerror or "")) from None
        print(text("cli.invite_qr", path=str(qr)))


def chat(ctx: typer.Context, seat: Annotated[str, typer.Option("--as", help=text("cli.opt_as"))] = "resident") -> None:
    settings = with_generated_secrets(load_settings(ctx.obj))
    if seat not in ("resident", "steward", "secretary"):
        raise Unusable(text("cli.seat_unknown", seat=seat))
    logs.configure(settings.model_copy(update={"logs": settings.logs.model_copy(update={"level": "WARNING"})}))
    sender = f"console-{seat}"
    if seat == "resident":
        with reading(settings):
            pass  # says so if the database is not ready
    else:
        with writing(settings) as session:
            _seat(session, seat, sender)
    print(text("cli.chat_begins", who=text(f"cli.seat_{seat}")), file=sys.stderr)
    asyncio.run(_talk(settings, sender))


def _seat(session: Session, seat: str, sender: str) -> None:
    """The person of the sample gets the terminal as one more account."""
    member = session.scalar(
        select(Account.member_id).where(Account.platform == "webchat", Account.external_id == f"demo-{seat}")
    )
    if member is None:
        raise Unusable(text("cli.seat_empty"))
    account = {"platform": "console", "external_id": sender, "member_id": member, "heard_at": Clock().now()}
    insert_ignore(session, Account, {**account, "window_sends": 0}, conflict=("platform", "external_id"))


async def _talk(settings: Settings, sender: str) -> None:
    database, clock = Database.open(settings.database.url), Clock()
    transactions = open_transactions(database)
    try:
        deps = Deps(settings, transactions, MediaStore(settings.paths.data / "media"), clock)
        console = Console(deps)
        house = House(
            settings.house_rules(),
            await transactions.read(gazetteer),
            settings.server.public_url,
            own_model(settings),
        )
        delivery = Delivery(transactions, {console.name: console}, clock, settings)
        maker = DocumentMaker(transactions, deps.documents, clock, house, on_told=delivery.wake)

        def wake(*_: object) -> None:
            delivery.wake()
            maker.wake()

        inbox = Inbox(transactions, clock, house, on_answer=wake)
        with console.open(sender, print):
            notices, files = asyncio.create_task(delivery.run()), asyncio.create_task(maker.run())
            await repl(inbox.answer, sender=sender, read=_read_line, write=print)
            await inbox.close()
            maker.stop()
            delivery.stop()
            await asyncio.gather(notices, files)
            await maker.drain()
            await Delivery(transactions, {console.name: console}, clock, settings).drain()  # one that was not stopped
    finally:
        await transactions.close()
        database.close()


async def _read_line() -> str | None:
    try:
        return await asyncio.to_thread(input, "> " if sys.stdin.isatty() else "")
    except EOFError:
        return None
