"""Rules of the house that import-linter cannot express."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from handlers.announcements import KINDS_WITH_OPTIONS, options_of
from handlers.menu import CAPABILITIES
from models.rules import errors
from models.rules.issue_workflow import BIRTH, ISSUE_WORKFLOW, State
from models.rules.meeting_workflow import MEETING_WORKFLOW
from models.rules.posts import Role
from models.rules.resolution_workflow import RESOLUTION_WORKFLOW
from understanding import CATEGORIES

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "services", "models", "understanding", "texts")
CODE = [p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py")) if "versions" not in p.parts]
ALL = [*CODE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "bench").rglob("*.py"))]
TEXTS = {
    f"{p.stem}.{key}" for p in (ROOT / "texts/zh_CN").glob("*.toml") for key in tomllib.loads(p.read_text("utf-8"))
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def strings(path: Path) -> Iterator[str]:
    """Every string constant of a file, f-strings with a star where something is filled in."""
    nodes = list(ast.walk(tree(path)))
    pieces = {id(v) for n in nodes if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "*" for v in node.values)


def test_the_layers_hold() -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", ALL, ids=name)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", [p for p in CODE if "bot" not in p.relative_to(ROOT).parts[:1]], ids=name)
def test_only_bot_opens_and_ends_transactions(path: Path) -> None:
    called = {
        n.func.attr for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    if "migrations" not in path.parts:
        assert not called & {"commit", "rollback", "begin"}


def test_one_function_changes_the_state_of_each_workflow() -> None:
    writers = {
        f"{name(path)}:{function.name}"
        for path in CODE
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Attribute) and t.attr == "state" for t in node.targets)
    }
    assert writers == {
        "services/moving.py:move",
        "services/meetings/moves.py:move_meeting",
        "services/meetings/settling.py:_put",  # of an agenda item, while the chair may still take it back
        "services/meetings/resolutions/moves.py:move_resolution",
        "services/consultations.py:_becomes",
    }


def test_nobody_below_bot_asks_the_clock() -> None:
    asked = {
        name(path)
        for path in CODE
        if path.relative_to(ROOT).parts[0] != "bot"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today", "monotonic", "time"}
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date", "time"}
    }
    assert asked == set()


def test_every_transition_that_tells_somebody_has_its_sentence() -> None:
    needed = {f"notices.{row.action}_{audience}" for row in (BIRTH, *ISSUE_WORKFLOW) for audience in row.tells}
    for family, table in (("meeting", MEETING_WORKFLOW), ("resolution", RESOLUTION_WORKFLOW)):
        needed |= {f"meeting_notices.{family}_{row.action}_{audience}" for row in table for audience in row.tells}
    assert needed - TEXTS == set()


def test_every_order_has_options_for_every_role_that_can_hold_it() -> None:
    for kind in sorted(KINDS_WITH_OPTIONS - {"confirm_role"}):
        for role in (Role.STEWARD, Role.SECRETARY, Role.COMMUNITY, Role.STREET, Role.HANDLER):
            facts = {"issue": 1, "holder_role": role.value, "version": 1, "giver": 1, "options": ["赞成"]}
            about = dict.fromkeys(("meeting", "resolution", "consultation", "ballot"), 1)
            assert options_of(kind, facts | about), (kind, role)


def test_every_refusal_has_its_sentence() -> None:
    codes = {e.code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.RuleError)}
    assert {f"errors.{code}" for code in codes} - TEXTS == set()


def test_every_state_category_role_and_capability_has_its_name() -> None:
    needed = {f"words.state_{s}" for s in State} | {f"issues.next_{s}" for s in State}
    needed |= {f"words.role_{r}" for r in Role} | {f"words.holder_{r}" for r in Role}
    needed |= {f"categories.{key}" for key in CATEGORIES}
    needed |= {f"menu.{capability.key}" for capability in CAPABILITIES}
    assert needed - TEXTS == set()


def test_every_text_used_exists_and_every_text_is_used() -> None:
    said = {s for path in CODE for s in strings(path)}
    exact = {s for s in said if "*" not in s}
    prefixes = tuple(s.partition("*")[0] for s in said if "." in s.partition("*")[0] and s.endswith("*"))
    areas = {key.partition(".")[0] for key in TEXTS}
    by_table = {f"notices.{row.action}_{a}" for row in (BIRTH, *ISSUE_WORKFLOW) for a in row.tells}
    by_table |= {f"notices.{kind}" for kind in exact} | {f"common.{value}" for value in exact}
    by_table |= {f"errors.{e.code}" for e in vars(errors).values() if hasattr(e, "code")}
    unused = {key for key in TEXTS if key not in exact | by_table and not key.startswith(prefixes)}
    missing = {s for s in exact if s.partition(".")[0] in areas and s.count(".") == 1 and looks_like_a_key(s)} - TEXTS
    assert (unused, missing) == (set(), set())


def looks_like_a_key(said: str) -> bool:
    area, _, key = said.partition(".")
    endings = {"id", "toml", "py", "db", "csv", "html"}  # of files and columns
    steps = ROOT / "handlers" / "flows" / f"{area}.py"  # a step of a conversation is named like a text
    if steps.exists() and f"def {key}(" in steps.read_text("utf-8"):
        return False
    return area.isidentifier() and key.replace("_", "").isalnum() and key not in endings
