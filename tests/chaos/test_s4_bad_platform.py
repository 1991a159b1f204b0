"""S4: refusals, errors, cuts, silence and ten minutes of outage; people who blocked us, windows that are closed."""

from __future__ import annotations

from functools import partial

import pytest

from bench.chaos_outbound import run_s4
from tests.database import KINDS, fresh_database, missing, required


@pytest.mark.parametrize("kind", KINDS)
def test_no_notice_is_lost_when_the_platform_misbehaves(kind: str) -> None:
    if reason := missing(kind):
        (pytest.fail if required(kind) else pytest.skip)(reason)
    report = run_s4(partial(fresh_database, kind))
    print(report.table())
    assert report.failed == []
