"""Files made for somebody on request: ledgers as spreadsheets, figures as pictures."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id


class DocumentState(StrEnum):
    OWED = "owed"  # still to be made
    READY = "ready"
    FAILED = "failed"


_OWED = text("state = 'owed'")

#: By the ending of the name: the kinds of files we make.
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "png": "image/png",
    "ics": "text/calendar",
}


class Document(Base):
    """``kind`` and ``params`` say what to make; the bytes lie in the store under the public id until ``kept_until``.

    ``name``: the file's name as the person sees it, with its ending.
    """

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_owed", "not_before", sqlite_where=_OWED, postgresql_where=_OWED),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[str]
    params: Mapped[dict[str, Any]]
    name: Mapped[str]
    state: Mapped[DocumentState] = mapped_column(closed_set(DocumentState))
    size: Mapped[int] = mapped_column(default=0)  # bytes
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    kept_until: Mapped[datetime]
