"""How many SQL statements each step of a dialogue takes, so that it cannot grow unnoticed (quality.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.neighbourhood import ANOTHER, Neighbourhood, with_steward

SENTENCE = "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements sent while it lasts, without savepoints and without ``heard_at``, which is noted once a minute."""
    seen: list[str] = []
    engine = session.get_bind()
    assert isinstance(engine, Engine)

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "SAVEPOINT" not in statement and not statement.startswith("UPDATE accounts SET"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_each_step_of_the_dialogue_takes_as_many_statements_as_it_always_did(here: Neighbourhood) -> None:
    li, _ = with_steward(here)
    wang = here.person("wang", platform="telegram")
    found: dict[str, int] = {}

    def step(name: str, act: Callable[[], str]) -> None:
        with counted(here.session) as statements:
            act()
        found[name] = len(statements)

    here.person("zhou").reports(ANOTHER)  # the first issue of a year takes two more, for its counter
    wang.says("你好")
    li.says("你好")
    step("card", lambda: wang.says(SENTENCE))
    step("submit", lambda: wang.says("1"))
    step("where I live", lambda: wang.says("以后再说"))
    step("progress", lambda: wang.says("进度"))
    step("one issue", lambda: wang.says("进度 2"))
    step("tasks", lambda: li.says("我的任务"))
    here.passes(seconds=30)
    step("accept", lambda: li.says("受理 2"))
    step("resolve", lambda: li.says("当场办结 2"))
    step("resolved", lambda: li.says("换了灯泡"))
    here.passes(seconds=30)
    step("rate", lambda: wang.says("满意 2"))
    assert found == {
        "card": 7,
        "submit": 18,
        "where I live": 4,
        "progress": 5,
        "one issue": 13,
        "tasks": 11,
        "accept": 16,
        "resolve": 11,
        "resolved": 15,
        "rate": 15,
    }


def test_a_longer_list_takes_no_more_statements(here: Neighbourhood) -> None:
    with_steward(here)
    wang = here.person("wang")
    counts = []
    for _ in range(3):
        wang.says(SENTENCE)
        wang.says("1")
        wang.says("以后再说")
        here.passes(seconds=30)
        with counted(here.session) as statements:
            wang.says("进度")
        counts.append(len(statements))
    assert counts == counts[:1] * 3
