"""``zhuoluo train`` and ``evaluate``: a model of a community's own, and how well texts are understood."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.errors import Unusable
from bot.json_lines import printable
from bot.measured_file import check_measured, check_pairs
from bot.places_given import places_of_file
from texts import text
from understanding.category.labelled import UnfitRows, read_rows
from understanding.category.model import MAGIC, Model

if TYPE_CHECKING:
    from rich.table import Table

    from understanding.evaluation.report import Evaluation

T = TypeVar("T")

KINDS = ("residents", "titles", "addresses", "likeness")
_WORST = 12
_CONFUSED = 4
"""Labels named at most with which another was confused."""


def train_model(
    file: Annotated[Path, typer.Argument(help=text("cli.arg_labelled"))],
    out: Annotated[Path, typer.Option("--out", help=text("cli.opt_out"))],
    skip_rare: Annotated[bool, typer.Option("--skip-rare", help=text("cli.opt_skip_rare"))] = False,
) -> None:
    from understanding.category.training import LEAST_ROWS, train

    target = _target(out, file)
    with _learning_from(file):
        rows = read_rows(file)
        if skip_rare:
            rows = _without_rare(rows, LEAST_ROWS)
        data = _with_bar(lambda step: train(rows, progress=step), text("learn.training", rows=len(rows)))
    _write(target, data)
    labels = {label for _, label in rows}
    print(text("learn.trained", rows=len(rows), labels=len(labels), path=str(out), size=len(data)))


def evaluate(
    kind: Annotated[str, typer.Argument(help=text("cli.arg_kind"))],
    file: Annotated[Path, typer.Argument(help=text("cli.arg_measured"))],
    resubmissions: Annotated[Path | None, typer.Option("--resubmissions", help=text("cli.opt_resubmissions"))] = None,
    places: Annotated[Path | None, typer.Option("--places", help=text("cli.opt_other_places"))] = None,
    worst: Annotated[int, typer.Option("--worst", min=0, help=text("cli.opt_worst"))] = _WORST,
) -> None:
    if kind not in KINDS:
        raise Unusable(text("learn.kind_unknown", kind=kind, known="、".join(KINDS)))
    if not file.is_file():  # nor a pipe: it is read twice
        raise Unusable(text("learn.missing", path=str(file)))
    if kind != "titles":
        check_measured(kind, file)
    if resubmissions:
        check_pairs(resubmissions)
    others = list(places_of_file(places).compounds.values()) if places else []
    _show(_measured(kind, file, resubmissions, others), worst)


def _measured(kind: str, file: Path, resubmissions: Path | None, others: list[str]) -> Evaluation:
    from understanding.evaluation import addresses, likeness, residents, titles

    match kind:
        case "residents":
            return residents.evaluate(file, others)
        case "addresses":
            return addresses.evaluate(file)
        case "likeness":
            return likeness.evaluate(file, resubmissions=resubmissions)
    with _learning_from(file):
        return _with_bar(lambda step: titles.evaluate(file, progress=step), text("learn.folding"))


@contextmanager
def _learning_from(file: Path) -> Iterator[None]:
    """What stands in the way of learning, in a sentence."""
    from understanding.category.training import TrainingUnavailable

    try:
        yield
    except UnfitRows as unfit:
        raise _unfit(file, unfit) from None
    except TrainingUnavailable:
        raise Unusable(text("learn.no_trainer")) from None
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(file), why=error.strerror or "")) from None


def _target(out: Path, file: Path) -> Path:
    """Where to write, found out before the work is done; nothing but a model is ever overwritten."""
    target = out.resolve()
    if not target.parent.is_dir():
        raise Unusable(text("learn.no_folder", path=str(out.parent)))
    if target.exists() and (not target.is_file() or target == file.resolve()):
        raise Unusable(text("learn.not_overwritten", path=str(out)))
    try:
        if target.exists() and target.stat().st_size:
            with target.open("rb") as there:
                if not MAGIC.startswith(there.read(len(MAGIC) - 2)):  # of any version
                    raise Unusable(text("learn.not_overwritten", path=str(out)))
    except OSError as error:
        raise Unusable(text("learn.unwritable", path=str(out), why=error.strerror or "")) from None
    return target


def _write(target: Path, data: bytes) -> None:
    """All of it or nothing: a model that is in use stays whole, whatever happens here."""
    Model.loads(data)  # what cannot be read back is not written
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            with beside.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise Unusable(text("learn.unwritable", path=str(target), why=error.strerror or "")) from None


def _without_rare(rows: list[tuple[str, str]], least: int) -> list[tuple[str, str]]:
    numbers = Counter(label for _, label in rows)
    rare = {label: number for label, number in numbers.items() if number < least}
    if rare:
        print(text("learn.skipped", labels=_listed(rare)), file=sys.stderr)
    return [(words, label) for words, label in rows if label not in rare]


def _listed(labels: dict[str, int]) -> str:
    return "、".join(text("learn.label_rows", label=printable(label), rows=rows) for label, rows in labels.items())


def _unfit(file: Path, unfit: UnfitRows) -> Unusable:
    facts = unfit.facts
    labels = facts.get("labels")
    told = _listed(labels) if isinstance(labels, dict) else ""
    at = facts.get("line") or facts.get("row")
    return Unusable(text(f"learn.unfit_{unfit.code}", path=str(file), at=at, labels=told))


def _with_bar(work: Callable[[Callable[[int, int], None]], T], says: str) -> T:
    """Progress on stderr: a moving bar for a person, one line for a file."""
    if not sys.stderr.isatty():
        print(says, file=sys.stderr)
        return work(lambda done, of: None)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(says, total=None)
        return work(lambda done, of: bar.update(task, completed=done, total=of if of > 1 else None))


def _show(found: Evaluation, worst: int) -> None:
    """The scores, the confusions, the worst mistakes. Printed, never stored."""
    from rich.console import Console

    out = Console()
    scores = _table(text("learn.scores", kind=found.kind, rows=found.rows), left="measure", right=("value", "share"))
    for score in found.scores:
        value = f"{score.value:.0f}" if score.value > 1 else f"{score.value:.3f}"  # a number of rows, or a share
        _add(scores, score.name, value, f"{score.right}/{score.total}" if score.total else "")
    out.print(scores)
    if found.confusion:
        out.print(_confusion(found))
    if found.mistakes and worst:
        print(text("learn.worst", shown=min(worst, len(found.mistakes)), all=len(found.mistakes)))
    for mistake in found.mistakes[:worst]:
        told = {name: printable(str(getattr(mistake, name))) for name in ("what", "id", "expected", "got", "text")}
        print(text("learn.mistake", confidence=f"{mistake.confidence:.2f}", **told))


def _confusion(found: Evaluation) -> Table:
    """A line for each label expected: its rows, how many were right, and what the others were taken for."""
    table = _table(text("learn.confusions"), left="expected", right=("rows", "right"), last="got")
    expected: dict[str, Counter[str]] = {}
    for (label, got), number in found.confusion.items():
        expected.setdefault(label, Counter())[got] += number
    for label, answers in sorted(expected.items()):
        wrong = sorted(((got, number) for got, number in answers.items() if got != label), key=lambda e: (-e[1], e[0]))
        named = [f"{got or text('learn.nothing')} {number}" for got, number in wrong[:_CONFUSED]]
        if len(wrong) > _CONFUSED:
            named.append(f"… {sum(number for _, number in wrong[_CONFUSED:])}")
        _add(table, label or text("learn.nothing"), str(answers.total()), str(answers[label]), ", ".join(named))
    return table


def _table(title: str, *, left: str, right: tuple[str, ...], last: str = "") -> Table:
    """Columns of texts fold and never lose a character, however wide those are."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left")
    table.add_column(text(f"learn.{left}"), overflow="fold")
    for name in right:
        table.add_column(text(f"learn.{name}"), justify="right", no_wrap=True)
    if last:
        table.add_column(text(f"learn.{last}"), overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    from rich.text import Text

    table.add_row(*(Text(printable(cell)) for cell in cells))
