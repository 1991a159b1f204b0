"""What ``python -m bench`` can run."""

from __future__ import annotations

from bench.agenda import run_agenda
from bench.chaos import CHAOS
from bench.council_year import run_council
from bench.district import run_district
from bench.speed import SPEED as SPEEDS
from bench.sweeps import run_sweeps
from bench.understanding import run_understanding

__all__ = ["CHAOS", "SPEED"]

SPEED = {
    **SPEEDS,
    "sweeps": run_sweeps,
    "agenda": run_agenda,
    "district": run_district,
    "council": run_council,
    "understanding": run_understanding,
}
