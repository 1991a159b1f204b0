"""The command ``zhuoluo``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot import cli_books, cli_learn, cli_people, cli_run, cli_understand
from bot.database import DatabaseUnsuitable
from bot.errors import Busy, Unusable
from texts import text

UNUSABLE = 2
DATABASE_AWAY = 3


def _options(
    ctx: typer.Context, config: Annotated[Path | None, typer.Option("--config", "-c", help=text("cli.config"))] = None
) -> None:
    ctx.obj = config


def command_line() -> typer.Typer:
    line = typer.Typer(
        name="zhuoluo",
        help=text("cli.about"),
        epilog=text("cli.epilog"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    line.callback()(_options)
    running, people, books = text("cli.panel_run"), text("cli.panel_people"), text("cli.panel_books")
    line.command("run", help=text("cli.help_run"), rich_help_panel=running)(cli_run.run)
    line.command("migrate", help=text("cli.help_migrate"), rich_help_panel=running)(cli_run.migrate_database)
    line.command("check-config", help=text("cli.help_check"), rich_help_panel=running)(cli_run.check_config)
    line.command("chat", help=text("cli.help_chat"), rich_help_panel=running)(cli_people.chat)
    line.command("import-places", help=text("cli.help_import"), rich_help_panel=people)(cli_people.import_list)
    line.command("import-map", help=text("cli.help_import_map"), rich_help_panel=people)(cli_people.import_borders)
    line.command("invite", help=text("cli.help_invite"), rich_help_panel=people)(cli_people.invite)
    line.command("audit", help=text("cli.help_audit"), rich_help_panel=books)(cli_books.audit_books)
    line.command("export", help=text("cli.help_export"), rich_help_panel=books)(cli_books.export)
    words = text("cli.panel_words")
    line.command("understand", help=text("cli.help_understand"), rich_help_panel=words)(cli_understand.understand_lines)
    line.command("parse-address", help=text("cli.help_parse_address"), rich_help_panel=words)(
        cli_understand.parse_addresses
    )
    line.command("classify", help=text("cli.help_classify"), rich_help_panel=words)(cli_understand.classify_lines)
    line.command("likeness", help=text("cli.help_likeness"), rich_help_panel=words)(cli_understand.likeness_of_file)
    line.command("train", help=text("cli.help_train"), rich_help_panel=words)(cli_learn.train_model)
    line.command("evaluate", help=text("cli.help_evaluate"), rich_help_panel=words)(cli_learn.evaluate)
    return line


def main() -> None:
    """Runs the command line. What a person can put right is said in a sentence, without a traceback."""
    try:
        command_line()()
    except Unusable as error:
        print(error, file=sys.stderr)
        sys.exit(UNUSABLE)
    except (SQLAlchemyError, DatabaseUnsuitable, Busy) as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()
        print(text("cli.database_away", why=why[0] if why else type(error).__name__), file=sys.stderr)
        sys.exit(DATABASE_AWAY)


if __name__ == "__main__":
    main()
