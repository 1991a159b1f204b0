from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from bot.jobs import MediaFetcher
from bot.media import MediaStore
from bot.transactions import open_transactions
from handlers.messages import Incoming, IncomingPhoto
from models.base import insert_row
from models.media import Media, MediaState
from models.member import Account, Member
from models.notice import Notice
from models.rules.errors import TooManyPhotos
from models.rules.house import HouseRules
from models.rules.issue_workflow import Outcome, State
from services import handling, media
from tests.neighbourhood import settle, with_steward

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
RULES = HouseRules()


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def picture(
    kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", colour: object = "red", **more: object
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def seen(jpeg: bytes) -> Image.Image:
    image = Image.open(BytesIO(jpeg), formats=["JPEG"])
    image.load()
    return image


def nearly(pixel: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 12 for a, b in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_pictures_of_every_usual_kind_become_jpeg(store: MediaStore, kind: str) -> None:
    image = seen(store.accept(picture(kind)))
    assert image.size == (60, 40)
    assert nearly(image.getpixel((5, 5)), (254, 0, 0))


def test_a_process_that_has_just_started_knows_every_kind(tmp_path: Path) -> None:
    """Pillow loads its decoders little by little; this test's own process has loaded them all to paint."""
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "MPO"):
        (tmp_path / kind).write_bytes(picture(kind))
        program = "import sys, bot.media as m; m.MediaStore(None).accept(open(sys.argv[1], 'rb').read())"
        subprocess.run([sys.executable, "-c", program, str(tmp_path / kind)], check=True)


def test_nothing_but_the_picture_is_kept(store: MediaStore) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhoneMaker"
    exif.get_ifd(0x8825)[2] = (39.9, 25.0, 12.0)
    original = picture("JPEG", exif=exif, comment=b"hidden words", icc_profile=b"profile", dpi=(300, 300))
    assert b"SecretPhoneMaker" in original
    jpeg = store.accept(original)
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(seen(jpeg).info)
    assert b"SecretPhoneMaker" not in jpeg
    assert b"hidden words" not in jpeg
    png = picture("PNG") + b"<script>alert(1)</script>"
    assert b"script" not in store.accept(png)


def test_a_picture_taken_sideways_stands_upright(store: MediaStore) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert seen(store.accept(picture("JPEG", exif=exif))).size == (40, 60)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_unreadable_exif_says_nothing(store: MediaStore) -> None:
    assert seen(store.accept(picture("JPEG", exif=b"Exif\0\0MM\0*garbage" + b"\xff" * 40))).size == (60, 40)


def test_what_is_see_through_becomes_white(store: MediaStore) -> None:
    for glass in (picture("PNG", mode="RGBA", colour=(0, 0, 0, 0)), picture("GIF", mode="P", colour=0, transparency=0)):
        assert nearly(seen(store.accept(glass)).getpixel((1, 1)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "I;16", "LA"])
def test_unusual_colours_are_no_obstacle(store: MediaStore, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert seen(store.accept(picture(kind, mode=mode, colour=0))).mode == "RGB"


def test_a_large_picture_is_made_handy(store: MediaStore) -> None:
    assert seen(store.accept(picture("JPEG", (4_000, 3_000)))).size == (2_000, 1_500)
    assert seen(store.accept(picture("PNG", (300, 4_000)))).size == (150, 2_000)


def test_only_the_first_picture_of_a_moving_one_is_kept(store: MediaStore) -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert nearly(seen(store.accept(out.getvalue())).getpixel((1, 1)), (254, 0, 0))


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


NOT_PICTURES = {
    "empty": b"",
    "words": "楼道灯坏了".encode(),
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "pdf": b"%PDF-1.7 " + b"\0" * 100,
    "tiff": picture("TIFF"),
    "ico": picture("ICO"),
    "cut short": picture("JPEG", (500, 500))[:900],
    "head only": picture("PNG")[:30],
    "bomb": bomb(60_000, 60_000),
    "small bomb": bomb(5_001, 5_000),
    "words in a text chunk": picture("PNG")[:33] + struct.pack(">I", 2**31 - 1) + b"zTXt" + b"\0" * 50,
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_whatever_is_not_a_picture_is_refused(store: MediaStore, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="not a picture"):
            store.accept(NOT_PICTURES[name])


def test_a_saved_picture_is_whole_and_found_again(store: MediaStore, tmp_path: Path) -> None:
    name = "AAAAAAAAAAAAAAAAAAAA-_"
    store.save(name, b"first")
    store.save(name, b"second")
    assert store.load(name) == b"second"
    assert [file.name for file in (tmp_path / "media").rglob("*") if file.is_file()] == [f"{name}.jpg"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "short", "A" * 22 + "\n", "A" * 20 + "/.", "B" * 22])
def test_no_other_file_can_be_asked_for(store: MediaStore, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        store.load(name)


@dataclass
class Elsewhere:
    """A place where photos lie; each remote id answers with bytes, or with what goes wrong."""

    photos: Mapping[str, bytes | Exception]

    async def fetch(self, remote_id: str) -> bytes:
        found = self.photos[remote_id]
        if isinstance(found, Exception):
            raise found
        return found


class AtNoon(Clock):
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


def an_account(session: Session, name: str = "1") -> int:
    member = insert_row(session, Member, created_at=NOW)
    return insert_row(session, Account, member_id=member, platform="telegram", external_id=name)


def photos(*remote: str) -> Incoming:
    return Incoming("telegram", "1", "wang", photos=tuple(IncomingPhoto(remote_id=r) for r in remote))


def test_photos_are_fetched_once_they_are_mentioned(database: Database, store: MediaStore) -> None:
    clock = AtNoon()
    good = picture("JPEG")
    elsewhere = Elsewhere(
        {"good": good, "gone": ValueError("404"), "html": b"<html>", "slow": TimeoutError(), "bug": KeyError()}
    )
    with Session(database.engine) as session, session.begin():
        names = media.note_photos(
            session, incoming=photos(*elsewhere.photos), account_id=an_account(session), at=NOW, rules=RULES
        )

    def states() -> list[MediaState]:
        with Session(database.reader) as session:
            rows = {row.public_id: row.state for row in session.scalars(select(Media))}
        return [rows[name] for name in names]

    async def main() -> None:
        transactions = open_transactions(database)
        fetcher = MediaFetcher(transactions, {"telegram": elsewhere}, store, clock, RULES)
        assert await fetcher.drain() == 5
        assert await fetcher.drain() == 0
        stored, gone, owed = MediaState.STORED, MediaState.GONE, MediaState.OWED
        assert states() == [stored, gone, gone, owed, owed]
        assert seen(store.load(names[0])).size == (60, 40)
        clock.time += timedelta(seconds=5)
        elsewhere.photos = {"slow": picture("PNG"), "bug": KeyError()}
        assert await fetcher.drain() == 2
        assert states() == [stored, gone, gone, stored, owed]
        clock.time += timedelta(days=3, seconds=1)
        assert await fetcher.drain() == 1
        assert states() == [stored, gone, gone, stored, gone]
        await transactions.close()

    asyncio.run(main())


@pytest.mark.parametrize(("state", "about_it"), [(State.ANSWERED, True), (State.CLOSED, False)])
def test_whoever_sent_a_photo_that_is_gone_is_asked_to_send_it_again(
    session: Session, state: State, about_it: bool
) -> None:
    """Nothing may be owed of an issue that is closed, so it is said without."""
    here = settle(session)
    li, _ = with_steward(here)
    wang = here.person("wang")
    wang.reports()
    wang.says("补充 1")
    wang.says("在这儿", photos=1)
    (lost,) = media.claim_owed(session, now=here.now, limit=1)
    handling.answer_issue(
        session,
        issue_id=here.issue().id,
        member_id=li.member_id,
        words="换了灯泡",
        outcome=Outcome.SOLVED,
        at=here.now,
        rules=RULES,
    )
    here.deliver()
    if state is State.CLOSED:
        for _ in range(3):  # asked whether it is solved, and then closed
            here.passes(days=4)
            here.keeps_time()
            here.deliver()
    assert here.issue().state is state
    session.execute(update(Media).values(state=MediaState.OWED))  # which the neighbourhood has fetched meanwhile
    for _ in range(2):  # two fetchers had it
        media.gone(session, photo=lost, now=here.now, rules=RULES)
    (told,) = session.scalars(select(Notice).where(Notice.kind == "photo_gone"))
    assert (told.member_id, told.issue_id) == (wang.member_id, here.issue().id if about_it else None)
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001 有 1 张照片没有收到，请再发一次。"


def test_a_photo_of_a_draft_that_is_gone_is_asked_for_too(session: Session) -> None:
    here = settle(session)
    wang = here.person("wang")
    wang.sends_photo("楼道灯坏了")
    (lost,) = media.claim_owed(session, now=here.now, limit=1)
    media.gone(session, photo=lost, now=here.now, rules=RULES)
    here.deliver()
    assert wang.inbox[-1].text == "有 1 张照片没有收到，请再发一次。"


def test_the_fetcher_works_by_itself_until_it_is_stopped(database: Database, store: MediaStore) -> None:
    async def main() -> None:
        transactions = open_transactions(database)
        fetcher = MediaFetcher(transactions, {"telegram": Elsewhere({"good": picture("JPEG")})}, store, Clock(), RULES)
        task = asyncio.create_task(fetcher.run())

        def mention(session: Session) -> tuple[str, ...]:
            return media.note_photos(
                session, incoming=photos("good"), account_id=an_account(session), at=Clock().now(), rules=RULES
            )

        (name,) = await transactions.run(mention)
        fetcher.wake()
        while not any(await transactions.read(lambda s: s.scalars(select(Media.size)).all())):
            await asyncio.sleep(0.01)
        assert store.load(name)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await transactions.close()

    asyncio.run(main())


def test_a_photo_is_fetched_by_one_process_and_by_another_when_that_one_died(session: Session) -> None:
    media.note_photos(session, incoming=photos("a", "b"), account_id=an_account(session), at=NOW, rules=RULES)
    assert [photo.remote_id for photo in media.claim_owed(session, now=NOW, limit=9)] == ["a", "b"]
    assert media.claim_owed(session, now=NOW + timedelta(minutes=1), limit=9) == []
    assert len(media.claim_owed(session, now=NOW + timedelta(minutes=2), limit=9)) == 2


def test_an_uploaded_photo_belongs_to_whoever_sent_it_first(session: Session) -> None:
    mine, theirs = an_account(session, "mine"), an_account(session, "theirs")
    uploaded = Incoming("webchat", "1", "wang", photos=(IncomingPhoto(public_id="A" * 22),))

    def note(account: int) -> tuple[str, ...]:
        return media.note_photos(session, incoming=uploaded, account_id=account, at=NOW, rules=RULES)

    assert note(mine) == note(mine) == ("A" * 22,)
    assert note(theirs) == ()


def test_nobody_fills_the_store_in_a_day(session: Session) -> None:
    account = an_account(session)
    media.note_photos(session, incoming=photos("a"), account_id=account, at=NOW, rules=RULES)
    (photo,) = media.claim_owed(session, now=NOW, limit=1)
    media.stored(session, photo=photo, size=RULES.media_bytes_per_day)
    with pytest.raises(TooManyPhotos):
        media.note_photos(session, incoming=photos("b"), account_id=account, at=NOW, rules=RULES)
    tomorrow = NOW + timedelta(days=1)
    assert media.note_photos(session, incoming=photos("b"), account_id=account, at=tomorrow, rules=RULES)
