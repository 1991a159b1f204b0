"""The command ``zhuoluo``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bot.errors import Busy, Unusable
from texts import text

UNUSABLE = 2
DATABASE_AWAY = 3


class _Told(NamedTuple):
    """What a command's help says, and under which heading."""

    help: str
    panel: str


_COMMANDS = {
    "run": _Told("run", "run"),
    "migrate": _Told("migrate", "run"),
    "check-config": _Told("check", "run"),
    "chat": _Told("chat", "run"),
    "import-places": _Told("import", "people"),
    "import-map": _Told("import_map", "people"),
    "invite": _Told("invite", "people"),
    "end-role": _Told("end_role", "people"),
    "audit": _Told("audit", "books"),
    "export": _Told("export", "books"),
    "ledger": _Told("ledger", "books"),
    "figures": _Told("figures", "books"),
    "rehearse": _Told("rehearse", "books"),
    "understand": _Told("understand", "words"),
    "parse-address": _Told("parse_address", "words"),
    "classify": _Told("classify", "words"),
    "likeness": _Told("likeness", "words"),
    "train": _Told("train", "words"),
    "evaluate": _Told("evaluate", "words"),
}


def _function(name: str) -> Callable[..., None]:
    """The function of a command. Only its own module is imported: the libraries of the server alone take a second."""
    match name:
        case "run" | "migrate" | "check-config":
            from bot import cli_run

            return {"run": cli_run.run, "migrate": cli_run.migrate_database, "check-config": cli_run.check_config}[name]
        case "chat" | "import-places" | "import-map" | "invite" | "end-role":
            from bot import cli_people

            people: dict[str, Callable[..., None]] = {
                "chat": cli_people.chat,
                "import-places": cli_people.import_list,
                "import-map": cli_people.import_borders,
                "invite": cli_people.invite,
                "end-role": cli_people.end_role,
            }
            return people[name]
        case "audit" | "export":
            from bot import cli_books

            return cli_books.audit_books if name == "audit" else cli_books.export
        case "figures":
            from bot import cli_figures

            return cli_figures.figures
        case "ledger":
            from bot import cli_ledger

            return cli_ledger.ledger
        case "rehearse":
            from bot import cli_rehearse

            return cli_rehearse.rehearse
        case "train" | "evaluate":
            from bot import cli_learn

            return cli_learn.train_model if name == "train" else cli_learn.evaluate
    from bot import cli_understand

    words: dict[str, Callable[..., None]] = {
        "understand": cli_understand.understand_lines,
        "parse-address": cli_understand.parse_addresses,
        "classify": cli_understand.classify_lines,
        "likeness": cli_understand.likeness_of_file,
    }
    return words[name]


class _Commands(TyperGroup):
    """Knows the names and helps of all commands; the one that is given is read when it is given."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name is None or command is None:
            return name, command, rest
        line = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        line.command(name, help=command.help)(_function(name))
        return name, get_command(line), rest


def _not_read_yet() -> None:
    """Stands for a command in the list of all."""


def _options(
    ctx: typer.Context, config: Annotated[Path | None, typer.Option("--config", "-c", help=text("cli.config"))] = None
) -> None:
    ctx.obj = config


def command_line() -> typer.Typer:
    line = typer.Typer(
        name="zhuoluo",
        cls=_Commands,
        help=text("cli.about"),
        epilog=text("cli.epilog"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    line.callback()(_options)
    for name, told in _COMMANDS.items():
        panel = text(f"cli.panel_{told.panel}")
        line.command(name, help=text(f"cli.help_{told.help}"), rich_help_panel=panel)(_not_read_yet)
    return line


def main() -> None:
    """Runs the command line. What a person can put right is said in a sentence, without a traceback."""
    try:
        command_line()()
    except Unusable as error:
        print(error, file=sys.stderr)
        sys.exit(UNUSABLE)
    except Exception as error:
        if not _is_away(error):
            raise
        why = str(getattr(error, "orig", None) or error).strip().splitlines()
        print(text("cli.database_away", why=why[0] if why else type(error).__name__), file=sys.stderr)
        sys.exit(DATABASE_AWAY)


def _is_away(error: Exception) -> bool:
    """Whether it is the database that cannot be reached or used."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.database import DatabaseUnsuitable

    return isinstance(error, SQLAlchemyError | DatabaseUnsuitable | Busy)


if __name__ == "__main__":
    main()
