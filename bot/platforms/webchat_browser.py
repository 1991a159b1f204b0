"""What a browser must show before the web chat listens, and the headers every page carries.

A signed cookie names the visitor; a POST must come from our own page; bodies and bursts are bounded.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadData, TimestampSigner
from starlette.requests import Request
from starlette.responses import Response

COOKIE_SECONDS = 180 * 86400  # a resident who comes back after a season still finds the conversation
_RENEW_SECONDS = 86400  # a cookie older than this is written anew, so the 180 days slide

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_FORM_POLICY = _POLICY.replace("form-action 'none'", "form-action 'self'")
#: What our pages may ask a phone for: where it is, and nothing else (a photo is chosen, not taken by the page).
_PERMISSIONS = "geolocation=(self), camera=(), microphone=()"


@dataclass(frozen=True)
class Seat:
    """A place to chat from: its address, and in the demo the role that sits there.

    ``fixed``: the external id of everybody who sits here; empty: each browser is a person of its own.
    """

    base: str
    role: str = ""
    fixed: str = ""


@dataclass(frozen=True)
class Visitor:
    """Who is asking. ``fresh``: the cookie has to be written (new, or old enough to renew)."""

    id: str
    fresh: bool


class Cookies:
    """Names visitors by a signed cookie of 180 sliding days. A forged or expired one names nobody."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        if not secret:
            raise ValueError("webchat.cookie_secret is empty")
        self._secret = secret
        self._secure = secure

    def visitor(self, request: Request, seat: Seat) -> Visitor | None:
        if seat.fixed:
            return Visitor(seat.fixed, fresh=False)
        try:
            name, signed_at = self._signer(seat).unsign(
                request.cookies.get(self._name(seat), ""), max_age=COOKIE_SECONDS, return_timestamp=True
            )
        except BadData:
            return None
        age = self._signer(seat).get_timestamp() - int(signed_at.timestamp())
        return Visitor(name.decode("ascii"), fresh=age > _RENEW_SECONDS)

    def write(self, response: Response, seat: Seat, visitor: str) -> None:
        if seat.fixed:
            return
        response.set_cookie(
            self._name(seat),
            self._signer(seat).sign(visitor).decode("ascii"),
            max_age=COOKIE_SECONDS,
            path=seat.base if seat.role else "/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def _name(self, seat: Seat) -> str:
        if seat.role:
            return f"{'__Secure-' if self._secure else ''}zhuoluo_{seat.role}"
        return f"{'__Host-' if self._secure else ''}zhuoluo_chat"

    def _signer(self, seat: Seat) -> TimestampSigner:
        return TimestampSigner(self._secret, salt=f"zhuoluo.webchat.{seat.base}")


def new_visitor() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def from_own_page(request: Request, public_url: str) -> bool:
    """True unless another site's page caused this request.

    Browsers say so in Sec-Fetch-Site, older ones in Origin. Without either, a header of our own must be there:
    a foreign page cannot add one without asking first, and we never say yes.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is not None:
        return origin.rstrip("/") == _origin(public_url) or urlsplit(origin).netloc == request.headers.get("host")
    return request.headers.get("x-zhuoluo") == "1"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class TooLarge(Exception):
    """The body is larger than allowed; what came was dropped."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, never holding more than ``limit`` bytes plus one chunk. Raises :class:`TooLarge`."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


class Buckets:
    """Token buckets by name: ``capacity`` at once, then ``per_second``. Forgets the quietest beyond ``names``."""

    def __init__(self, capacity: float, per_second: float, names: int = 10_000) -> None:
        self._capacity = capacity
        self._rate = per_second
        self._names = names
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, *, now: float, cost: float = 1.0) -> bool:
        """Take ``cost`` tokens if they are there. ``now``: monotonic seconds."""
        level, since = self._levels.pop(name, (self._capacity, now))
        level = min(self._capacity, level + (now - since) * self._rate)
        taken = level >= cost
        self._levels[name] = (level - cost if taken else level, now)
        if len(self._levels) > self._names:
            self._levels.popitem(last=False)
        return taken


def guarded(response: Response, public_url: str, *, personal: bool = True, form: bool = False) -> Response:
    """The same response with the headers every page and answer of ours carries.

    ``form``: the page has one, which goes to us; the browser then says from where, which :func:`from_own_page` asks.
    """
    headers = response.headers
    headers["Content-Security-Policy"] = _FORM_POLICY if form else _POLICY
    headers["Permissions-Policy"] = _PERMISSIONS
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin" if form else "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if personal:
        headers["Cache-Control"] = "no-store"
    if public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
