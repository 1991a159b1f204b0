"""``python -m bench``: the runs of endurance.md and the measurements of quality.md.

``python -m bench`` (all measurements) · ``python -m bench NAME --long`` · ``python -m bench list`` ·
``python -m bench chaos S1 --database postgresql --long`` · ``python -m bench chaos`` (all runs)
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time

from tests.database import KINDS, fresh_database, missing


def main() -> int:
    line = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    line.add_argument("names", nargs="*", metavar="NAME", help="measurements (none: all), 'list', or 'chaos' and runs")
    line.add_argument("--long", action="store_true", help="the long form")
    line.add_argument("--database", choices=KINDS, default="sqlite")
    given = line.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    if reason := missing(given.database):
        line.error(reason)
    if given.names[:1] == ["chaos"]:
        return _chaos(line, given.names[1:], database=given.database, long=given.long)
    return _speed(line, given.names, long=given.long)


def _chaos(line: argparse.ArgumentParser, names: list[str], *, database: str, long: bool) -> int:
    from bench.chaos import CHAOS

    if unknown := [name for name in names if name not in CHAOS and name != "all"]:
        line.error(f"{', '.join(unknown)}: not one of {', '.join(CHAOS)}")
    failed = 0
    for name in CHAOS if "all" in names or not names else names:
        began = time.monotonic()
        report = CHAOS[name](lambda: fresh_database(database), long=long)
        print(f"{report.table()}\n{time.monotonic() - began:.0f} s in all\n", flush=True)
        failed += bool(report.failed)
    return min(failed, 1)


def _speed(line: argparse.ArgumentParser, names: list[str], *, long: bool) -> int:
    from bench.registry import CHAOS, SPEED

    if names == ["list"]:
        print("chaos:", *CHAOS, "\nspeed:", *SPEED)
        return 0
    if unknown := [name for name in names if name not in SPEED]:
        line.error(f"{', '.join(unknown)}: not one of {', '.join(SPEED)}")
    for name in names or SPEED:
        SPEED[name](long)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main())
