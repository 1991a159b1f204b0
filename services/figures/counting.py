"""All figures of a scope and period at once, in total and by group: one statement for each kind of thing counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models.community import Community, Grid
from services.figures.asking import Asked, By
from services.figures.kinds import OF_RAISERS, PERCENTILES, SCALE, Figure, Kind, Rows
from services.figures.of_issues import issue_rows, landing_rows, merge_rows
from services.figures.of_raisers import raiser_rows

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Group:
    """``name``: of a community or grid; the key of a category; "2026-11"; "" in total, and where there is no grid.

    ``around``: the community of a grid. ``reported``: issues; of them ``answered`` and ``open`` now; ``raisers``.
    """

    name: str
    around: str
    reported: int
    answered: int
    open: int
    raisers: int
    figures: Mapping[Kind, Figure]


@dataclass(frozen=True)
class Overview:
    """``groups``: months in their order, with the empty ones; others the largest first, and no empty ones."""

    total: Group
    groups: tuple[Group, ...] = ()


def overview(session: Session, asked: Asked, *, by: By | None = None, at: datetime) -> Overview:
    """A fixed number of statements however many groups there are."""
    sums: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    for rows in (issue_rows(asked, by, at), raiser_rows(asked, by), merge_rows(asked, by)):
        for key, numbers in _summed(session, rows):
            sums[key].update(numbers)
    whole = sum(sums.values(), Counter())
    total = _group(("", ""), whole, _landing(session, asked, None).get(0, {}))
    if by is None:
        return Overview(total)
    landing, names = _landing(session, asked, by), _names(session, asked, by, sums)
    groups = [_group(name, sums[key], landing.get(key, {})) for key, name in names.items()]
    if by is not By.MONTH:
        groups = sorted((g for g in groups if _is_something(g)), key=lambda g: (-g.reported, g.around, g.name))
    return Overview(total, tuple(groups))


def figure(session: Session, asked: Asked, kind: Kind, *, at: datetime) -> Figure:
    """One figure in total, by as little as it needs."""
    if kind in PERCENTILES:
        return _landing(session, asked, None).get(0, {}).get(kind) or Figure(kind, _NOTHING, 0)
    rows = rows_of(asked, kind, at)
    found = Counter[str]()
    for _, numbers in _summed(session, rows):
        found.update(numbers)
    return _share(kind, found)


def rows_of(asked: Asked, kind: Kind, at: datetime) -> Rows:
    """What one figure counts: the rows of its denominator. Not of a landing time."""
    if kind is Kind.MERGED_RIGHT:
        return merge_rows(asked, None)
    if kind in OF_RAISERS:
        return raiser_rows(asked, None, only=kind)
    return issue_rows(asked, None, at, only=kind)


def _summed(session: Session, rows: Rows) -> list[tuple[Any, dict[str, int]]]:
    each = rows.subquery()
    names = [column.name for column in each.c if column.name not in ("issue", "key")]
    query = select(each.c.key, *(func.sum(each.c[name]) for name in names)).group_by(each.c.key)
    found = session.execute(query)
    return [(key, {name: int(n) for name, n in zip(names, numbers, strict=True)}) for key, *numbers in found]


def _landing(session: Session, asked: Asked, by: By | None) -> dict[Any, dict[Kind, Figure]]:
    """p50 and p90 landing time of each group: the shortest within which so many in a hundred landed."""
    each = landing_rows(asked, by).subquery()
    ranked = select(
        each.c.key,
        each.c.seconds,
        func.count().over(partition_by=each.c.key, order_by=each.c.seconds).label("within"),
        func.count().over(partition_by=each.c.key).label("of"),
    ).subquery()
    found = []
    for percent in PERCENTILES.values():
        reached = ranked.c.within * 100 >= ranked.c.of * percent
        found += [func.min(case((reached, ranked.c.seconds))), func.min(case((reached, ranked.c.within)))]
    query = select(ranked.c.key, func.max(ranked.c.of), *found).group_by(ranked.c.key)
    landing: dict[Any, dict[Kind, Figure]] = {}
    for key, of, *pairs in session.execute(query):
        times = zip(PERCENTILES, pairs[::2], pairs[1::2], strict=True)
        landing[key] = {
            kind: Figure(kind, Decimal(within), of, timedelta(seconds=int(took))) for kind, took, within in times
        }
    return landing


def _names(session: Session, asked: Asked, by: By, sums: Mapping[Any, Any]) -> dict[Any, tuple[str, str]]:
    """For each group, in order for months: what it is called, and the community around it."""
    found = [key for key in sums if key is not None]
    match by:
        case By.MONTH if asked.period is not None:
            return {number: (str(month), "") for number, month in enumerate(asked.period.months)}
        case By.COMMUNITY:
            communities = select(Community.id, Community.name).where(Community.id.in_(found))
            return {row.id: (row.name, "") for row in session.execute(communities)}
        case By.GRID:
            grids = select(Grid.id, Grid.name, Community.name.label("around")).join(Community)
            named = {row.id: (row.name, row.around) for row in session.execute(grids.where(Grid.id.in_(found)))}
            return {None: ("", ""), **named} if None in sums else named
    return {key: (key, "") for key in found}


def _group(name: tuple[str, str], sums: Mapping[str, int], landing: Mapping[Kind, Figure]) -> Group:
    shares = {kind: _share(kind, sums) for kind in Kind if kind not in PERCENTILES}
    times = {kind: landing.get(kind) or Figure(kind, _NOTHING, 0) for kind in PERCENTILES}
    reported, answered, still_open = (sums.get(each, 0) for each in ("reported", "answered", "open"))
    return Group(*name, reported, answered, still_open, shares[Kind.TOLD].denominator, {**shares, **times})


def _share(kind: Kind, sums: Mapping[str, int]) -> Figure:
    numerator = Decimal(sums.get(f"counted_{kind}", 0)) / SCALE.get(kind, 1)
    silent = sums.get("silent", 0) if kind is Kind.CONTENT else 0
    return Figure(kind, numerator, sums.get(f"of_{kind}", 0), silent=silent)


def _is_something(group: Group) -> bool:
    return bool(group.reported or group.raisers or any(f.denominator for f in group.figures.values()))
