"""Files on disk by their public id: whole and there for good, or not there."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")


class FileStore:
    """Under a folder. ``ending``: of all of them, as the disk knows them. Blocking: call it from a thread."""

    def __init__(self, folder: Path, ending: str) -> None:
        self._folder = folder
        self._ending = ending

    def save(self, public_id: str, data: bytes) -> None:
        """On disk for good when it returns; never half a file, not even after a power cut."""
        file = self._file(public_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, file)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)
            raise
        for folder in (file.parent, self._folder):
            _sync(folder)

    def load(self, public_id: str) -> bytes:
        """Raises FileNotFoundError, also for what cannot be an id."""
        return self._file(public_id).read_bytes()

    def forget(self, public_id: str) -> None:
        """It may be gone already."""
        self._file(public_id).unlink(missing_ok=True)

    def public_ids(self) -> Iterator[str]:
        """Of all that lie here."""
        for file in self._folder.glob(f"??/*{self._ending}"):
            if _PUBLIC_ID.fullmatch(file.stem):
                yield file.stem

    def _file(self, public_id: str) -> Path:
        if not _PUBLIC_ID.fullmatch(public_id):
            raise FileNotFoundError(public_id)
        return self._folder / public_id[:2] / f"{public_id}{self._ending}"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
