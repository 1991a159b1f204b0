"""Is this post really WeChat's, fresh and unrepeated? And the envelope of safe mode.

Nothing here reads XML: the signature is checked over the bytes as they came, and only then is anything parsed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from models.conversation import SeenNonce
from models.dialect import insert_ignore

if TYPE_CHECKING:
    from bot.settings_sections import WeChatSettings
    from bot.transactions import Transactions

#: A post older or newer than this is refused. Twice this long its nonce must be remembered: ten minutes (security.md).
FRESH = timedelta(seconds=300)

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_ENCRYPTED = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?\s*([A-Za-z0-9+/=]+)\s*(?:\]\]>)?\s*</Encrypt>")
_REMEMBERED = 4096


class Refused(Exception):
    """Not WeChat's, not fresh, or not what the mode allows. The message names the reason and nothing else."""


def signature(*parts: str) -> str:
    """WeChat's signature: SHA-1 of the sorted parts, of which the token is one."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Seal:
    """One EncodingAESKey in use. A reply is sealed with the key that opened the message, as WeChat asks."""

    crypto: WeChatCrypto

    def open(self, encrypted: bytes) -> str:
        """16 random bytes, length, message, app id, padding. Raises ValueError when this is not the key.

        wechatpy's own ``decrypt`` would lose a message over one byte that is not UTF-8.
        """
        plain = PrpCrypto(self.crypto.key).cipher.decrypt(base64.b64decode(encrypted, validate=True))
        content = plain[16 : -plain[-1]] if plain else b""
        length = int.from_bytes(content[:4], "big")
        if len(plain) < 52 or not hmac.compare_digest(content[4 + length :], self.crypto.app_id.encode()):
            raise ValueError("not ours")
        return str(content[4 : 4 + length].decode("utf-8", "replace"))

    def close(self, xml: str, *, at: datetime) -> str:
        return str(self.crypto.encrypt_message(xml, secrets.token_hex(8), str(int(at.timestamp()))))


class Guard:
    """Checks what arrives at the door. Refuses to be built on settings that would leave it open."""

    def __init__(self, settings: WeChatSettings) -> None:
        self._token = settings.token.get_secret_value()
        self._app_id = settings.app_id
        if not self._token.strip():
            raise ValueError("wechat.token is empty: with an empty token anybody can sign; set it before starting")
        self.safe = settings.mode == "safe"
        self._seals: tuple[Seal, ...] = ()
        if self.safe:
            if not self._app_id:
                raise ValueError("wechat.app_id is empty: safe mode cannot tell whose messages these are")
            self._seals = tuple(
                self._seal(name, key.get_secret_value())
                for name, key in (
                    ("encoding_aes_key", settings.encoding_aes_key),
                    ("previous_encoding_aes_key", settings.previous_encoding_aes_key),
                )
                if name == "encoding_aes_key" or key.get_secret_value()
            )

    def _seal(self, name: str, key: str) -> Seal:
        if not _AES_KEY.fullmatch(key) or len(base64.b64decode(key + "=")) != 32:
            raise ValueError(f"wechat.{name} must be the 43 letters and digits shown in WeChat's settings")
        return Seal(WeChatCrypto(self._token, key, self._app_id))

    def check(self, query: Mapping[str, str], *, at: datetime) -> None:
        """Signature and freshness, both from the query alone: before a byte of the body is read."""
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not _TIMESTAMP.fullmatch(stamp) or not 0 < len(nonce) <= 128:
            raise Refused("no timestamp or nonce")
        if not _equal(signature(self._token, stamp, nonce), query.get("signature", "")):
            raise Refused("wrong signature")
        if abs(at.timestamp() - int(stamp)) > FRESH.total_seconds():
            raise Refused("not fresh")

    def open(self, query: Mapping[str, str], body: bytes) -> tuple[str, Seal | None]:
        """The message in clear, and the seal for its reply (None in plaintext mode)."""
        if not self.safe:
            return body.decode("utf-8", "replace"), None
        found = _ENCRYPTED.search(body)
        if found is None or query.get("encrypt_type", "aes") != "aes":
            raise Refused("plaintext in safe mode")
        encrypted: bytes = found[1]
        own = signature(self._token, query["timestamp"], query["nonce"], encrypted.decode("ascii"))
        if not _equal(own, query.get("msg_signature", "")):
            raise Refused("wrong msg_signature")
        for seal in self._seals:
            try:
                return seal.open(encrypted), seal
            except ValueError:
                continue
        raise Refused("no key opens this")


def _equal(own: str, given: str) -> bool:
    return hmac.compare_digest(own.encode(), given.encode("utf-8", "replace"))


class NonceMemory:
    """In plaintext mode the signature does not cover the body, so a seen signature may only come with the same body.

    The key is the signed pair of timestamp and nonce, which is all a thief could replay. The table makes it hold across
    processes and restarts; a bounded memory in front answers the retries that reach the same process without a
    transaction. It is a transaction of its own, before the answer: a forged body must not take effect first. Safe mode
    needs none of this (``msg_signature`` covers the body), and the ordinary, safe, mode pays nothing.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._recent: OrderedDict[str, str] = OrderedDict()

    async def check(self, query: Mapping[str, str], body: bytes, *, at: datetime) -> None:
        """Raises :class:`Refused` for a replay with another body; a true retry passes."""
        key = "wechat:" + hashlib.sha256(f"{query['timestamp']}\n{query['nonce']}".encode()).hexdigest()
        digest = hashlib.sha256(body).hexdigest()
        first = self._recent.get(key)
        if first is None:
            first = await self._transactions.run(lambda session: _first_body(session, key=key, digest=digest, at=at))
            self._recent[key] = first
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        if first != digest:
            raise Refused("replayed signature")


def _first_body(session: Session, *, key: str, digest: str, at: datetime) -> str:
    """The hash of the body this signature first came with; remembers it when it is new."""
    row = {"key": key, "body_hash": digest, "seen_at": at}
    if insert_ignore(session, SeenNonce, row, conflict=["key"]):
        return digest
    seen = session.get(SeenNonce, key)
    return seen.body_hash if seen else digest
