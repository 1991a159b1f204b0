"""The chaos runs of endurance.md that can be asked for by name: ``python -m bench chaos S1``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from bench.chaos.bad_input import run_s14
from bench.chaos.clockwork import run_s8
from bench.chaos.disk import run_s10
from bench.chaos.inbound import run_s1
from bench.chaos.retries import run_s2
from bench.chaos_outbound import DatabaseFactory, Report, run_s3, run_s4, run_s5


class Run(Protocol):
    def __call__(self, databases: DatabaseFactory, *, long: bool = False) -> Report: ...


CHAOS: Mapping[str, Run] = {
    "S1": run_s1,
    "S2": run_s2,
    "S3": run_s3,
    "S3-two": partial(run_s3, workers=2),
    "S3-three": partial(run_s3, in_company=True),
    "S4": run_s4,
    "S5": run_s5,
    "S8": run_s8,
    "S10": run_s10,
    "S14": run_s14,
}
