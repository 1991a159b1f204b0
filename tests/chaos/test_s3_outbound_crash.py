"""S3: delivery processes are killed again and again while a thousand notices are owed."""

from __future__ import annotations

from functools import partial

import pytest

from bench.chaos_outbound import run_s3
from tests.database import KINDS, fresh_database, missing, required


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_no_notice_is_lost_when_delivery_is_killed(kind: str, workers: int) -> None:
    if reason := missing(kind):
        (pytest.fail if required(kind) else pytest.skip)(reason)
    report = run_s3(partial(fresh_database, kind), workers=workers)
    print(report.table())
    assert report.failed == []
