"""S14, bad input: some 500 cases against the real program, and bombs for the reader of tables (endurance.md)."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from statistics import median

import httpx
import openpyxl
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.chaos.bad_cases import SECRET_HEADER, Case, all_cases
from bench.chaos.inbound import SENTENCE
from bench.chaos.program import APP_ID, WECHAT_TOKEN, Program, leaks, program
from bench.chaos_outbound import DatabaseFactory, Report
from bot.reading import TableRefused, read_table
from models.conversation import Inbound
from tests.database import opened
from tests.fakes import telegram_updates
from tests.fakes.wechat_user import WeChatUser

_QUICK = 0.2  # seconds
_MEMORY = 50.0  # MB


def run_s14(databases: DatabaseFactory, *, long: bool = False, seed: int = 14) -> Report:
    """4xx or a polite reply, never 5xx; time and memory of each case."""
    report = Report("S14 bad input")
    with ExitStack() as stack:
        url = stack.enter_context(databases())
        running = stack.enter_context(program(url, {"wechat": {"mode": "plaintext", "encoding_aes_key": ""}}))
        http = stack.enter_context(httpx.Client(base_url=running.url, timeout=30, trust_env=False))
        people = itertools.count(1)

        def somebody() -> WeChatUser:
            return WeChatUser(running.url, WECHAT_TOKEN, APP_ID, openid=f"oBad_{next(people):020d}", http=http)

        made = [new_cookie(running.url) for _ in range(60)]
        cookies = [headers["Cookie"].partition("=")[2] for headers in made]
        visitors = itertools.cycle(made)
        _warm_up(running, http, next(visitors))
        quiet = running.memory()
        running.forget_peak()
        cases = all_cases(seed, somebody, lambda: next(visitors), count=10_000 if long else 500)
        statuses, times, wrong = _play(http, cases)
        peak, after = running.memory("VmHWM"), running.memory()
        still = http.post("/telegram", json=telegram_updates.text(1, 2, SENTENCE), headers=SECRET_HEADER)
        slow = {kind: max(taken) for kind, taken in times.items() if max(taken) > _QUICK}
        every = [seconds for taken in times.values() for seconds in taken]
        report.figures |= {
            "cases": len(cases),
            "answers": dict(sorted(statuses.items())),
            "wrong answers": len(wrong),
            "p50 / max, ms": f"{1000 * median(every):.0f} / {1000 * max(every):.0f}",
            "above 200 ms": {kind: f"{1000 * seconds:.0f} ms" for kind, seconds in slow.items()} or "none",
            "memory before, peak, after, MB": f"{quiet:.0f}, {peak:.0f}, {after:.0f}",
        }
        with opened(url) as database, Session(database.reader) as session:
            failed = session.scalar(select(func.count()).where(Inbound.failed)) or 0
        logged = running.logged()
        report.want(not wrong, f"never 5xx, and polite where people are polite ({wrong[:5]})")
        report.want(peak - quiet < _MEMORY, "memory + < 50 MB")
        report.want(still.status_code == 200 and "西苑小区" in still.text, "a good message still works")
        report.want(failed == 0, f"no bug behind a polite reply ({failed} events kept as broken)")
        report.want(" ERROR " not in logged and "Traceback" not in logged, "no error in the log")
        report.want(not leaks(logged, *cookies), f"no log line with a secret {leaks(logged, *cookies)}")
        report.want(running.stop() == 0, "the program ends in order")
        _tables(report, Path(stack.enter_context(tempfile.TemporaryDirectory())))
    return report


def new_cookie(url: str) -> dict[str, str]:
    """The headers of a new visitor's own page."""
    found = httpx.get(f"{url}/chat", timeout=30, trust_env=False)
    name, value = next(iter(found.cookies.items()))
    return {"Cookie": f"{name}={value}", "X-Zhuoluo": "1"}


def _warm_up(running: Program, http: httpx.Client, visitor: dict[str, str]) -> None:
    """A few good messages and a photo as phones take them: whatever is loaded once is loaded."""
    for n in range(20):
        update = telegram_updates.text(1_000 + n, 700_000 + n, SENTENCE)
        http.post("/telegram", json=update, headers=SECRET_HEADER).raise_for_status()
    photo = BytesIO()
    Image.effect_noise((4_000, 3_000), 60).convert("RGB").save(photo, "JPEG", quality=70)
    http.post("/chat/photos", content=photo.getvalue(), headers=visitor).raise_for_status()
    settled = running.memory()
    for _ in range(100):
        time.sleep(0.1)
        before, settled = settled, running.memory()
        if abs(settled - before) < 0.5:
            return


def _play(http: httpx.Client, cases: list[Case]) -> tuple[Counter[int], dict[str, list[float]], list[str]]:
    statuses: Counter[int] = Counter()
    times: dict[str, list[float]] = defaultdict(list)
    wrong = []
    for case in cases:
        began = time.monotonic()
        try:
            answer = http.request(
                case.method, case.path, content=case.body, headers=case.headers, params=case.params
            ).status_code
        except httpx.RemoteProtocolError:  # cut off while it was still sending too much
            answer = 0
        times[case.kind].append(time.monotonic() - began)
        statuses[answer] += 1
        if answer >= 500 or (case.polite and answer != 200) or (answer == 0 and "huge" not in case.kind):
            wrong.append(f"{case.kind} {case.method} {case.path}: {answer}")
    return statuses, times, wrong


# Tables


def _tables(report: Report, folder: Path) -> None:
    """The reader of lists is a child process: its memory is not ours, its time is."""
    began, answers = time.monotonic(), Counter[str]()
    for name, data in _bombs():
        file = folder / name
        file.write_bytes(data)
        try:
            read_table(file)
            answers["read"] += 1
        except TableRefused as refused:
            answers[refused.reason] += 1
    report.figures["tables"] = f"{dict(answers)}, {time.monotonic() - began:.1f} s"
    report.want(answers["read"] == 1, "only the good table is read")


def _bombs() -> Iterator[tuple[str, bytes]]:
    def packed(parts: dict[str, bytes]) -> bytes:
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
        return out.getvalue()

    book = openpyxl.Workbook()
    book.worksheets[0].append(["街道", "社区"])
    good = BytesIO()
    book.save(good)
    with zipfile.ZipFile(BytesIO(good.getvalue())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    many = b"".join(b"<row><c t='inlineStr'><is><t>x</t></is></c></row>" for _ in range(200_000))
    yield "good.xlsx", good.getvalue()
    yield "rows.xlsx", packed(parts | {sheet: parts[sheet].replace(b"</sheetData>", many + b"</sheetData>")})
    yield "zeros.xlsx", packed(parts | {"xl/media/image1.png": b"\0" * 60_000_000})
    lol = b"".join(b'<!ENTITY l%d "%s">' % (n, (b"&l%d;" % (n - 1)) * 10 if n else b"lol") for n in range(10))
    yield "lol.xlsx", packed(parts | {sheet: b"<!DOCTYPE x [" + lol + b"]><worksheet>&l9;</worksheet>"})
    yield "half.xlsx", good.getvalue()[: len(good.getvalue()) // 2]
    yield "no.xlsx", b"PK\x03\x04 not a zip"
    yield "rows.csv", "街道,社区\n".encode() + b"x,y\n" * 20_000
    yield "nul.csv", b"a,b\n\0,\0\n"
    yield "bytes.csv", bytes(range(128, 256)) * 50
    yield "macro.xlsm", good.getvalue()
    yield "nested.json", json.dumps([]).encode()
