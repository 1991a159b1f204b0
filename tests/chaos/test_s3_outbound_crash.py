"""S3: delivery processes are killed again and again while a thousand notices are owed."""

from __future__ import annotations

from functools import partial

import pytest

from bench.chaos_outbound import run_s3
from tests.database import fresh_database, missing, required


# The other pairs, and three in each message, would take another minute: ``python -m bench chaos S3 S3-two S3-three``.
@pytest.mark.parametrize(("kind", "workers"), [("sqlite", 1), ("postgresql", 2)])
def test_no_notice_is_lost_when_delivery_is_killed(kind: str, workers: int) -> None:
    if reason := missing(kind):
        (pytest.fail if required(kind) else pytest.skip)(reason)
    report = run_s3(partial(fresh_database, kind), workers=workers)
    print(report.table())
    assert report.failed == []
