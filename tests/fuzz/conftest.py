"""The real program, in safe and in plaintext mode, for as long as the fuzzing lasts; and a look at what it left."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.chaos.bad_input import new_cookie
from bench.chaos.inbound import SECRET_HEADER, SENTENCE
from bench.chaos.program import AES_KEY, APP_ID, WECHAT_TOKEN, Program, leaks, program
from models.conversation import Inbound
from tests.database import fresh_database, opened
from tests.fakes import telegram_updates
from tests.fakes.wechat_user import Post, WeChatUser

_FREELY = {"burst": 10**6, "flood": 10**6, "issues_per_hour": 10**6, "issues_per_day": 10**6}


@dataclass
class Target:
    running: Program
    http: httpx.Client
    aes_key: str
    visitor: dict[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def wechat_user(self) -> WeChatUser:
        openid = f"oFuzz_{next(self._numbers):020d}"
        return WeChatUser(self.running.url, WECHAT_TOKEN, APP_ID, self.aes_key, openid=openid, http=self.http)

    def telegram(self, body: bytes) -> int:
        return self.http.post("/telegram", content=body, headers=SECRET_HEADER).status_code

    def wechat(self, post: Post, method: str = "POST") -> int:
        sent = self.http.request(method, "/wechat", params=post.params, content=post.body, headers=post.headers)
        return sent.status_code

    def chat(self, path: str, body: bytes) -> int:
        return self.http.post(path, content=body, headers=self.visitor).status_code

    def good_messages_still_work(self) -> None:
        number = 10**15 + next(self._numbers)
        update = telegram_updates.text(number, number, SENTENCE)
        assert "西苑小区" in self.http.post("/telegram", json=update, headers=SECRET_HEADER).text
        assert "西苑小区" in (self.wechat_user().says(SENTENCE).text or "")
        said = self.http.post(
            "/chat/messages", json={"id": f"good-{number}", "text": "帮助"}, headers=new_cookie(self.running.url)
        )
        assert said.status_code == 200
        assert len(said.json()["messages"]) == 2


@contextmanager
def _target(mode: str) -> Iterator[Target]:
    key = AES_KEY if mode == "safe" else ""
    sections: dict[str, dict[str, Any]] = {"wechat": {"mode": mode, "encoding_aes_key": key}, "flood": _FREELY}
    with (
        fresh_database("sqlite") as url,
        program(url, sections) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as http,
    ):
        target = Target(running, http, key, new_cookie(running.url))
        yield target
        target.good_messages_still_work()
        with opened(url) as database, Session(database.reader) as session:
            assert session.scalar(select(func.count()).where(Inbound.failed)) == 0, "a bug behind a polite reply"
        logged = running.logged()
        assert " ERROR " not in logged
        assert "Traceback" not in logged
        assert leaks(logged, target.visitor["Cookie"].partition("=")[2]) == []


@pytest.fixture(scope="session")
def plain() -> Iterator[Target]:
    with _target("plaintext") as target:
        yield target


@pytest.fixture(scope="session")
def safe() -> Iterator[Target]:
    with _target("safe") as target:
        yield target
