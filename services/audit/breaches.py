"""What the audit says of something that is broken."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select


@dataclass(frozen=True)
class Breach:
    """``invariant``: its number in workflow.md. ``subject``: the issue's number, or what else is broken.

    ``what``: the key of its sentence in texts/zh_CN/audit.toml.
    """

    invariant: int
    subject: str
    what: str


@dataclass(frozen=True)
class Check:
    """A query that must return nothing; what it returns are subjects. It may ask for the moment of the audit as ``at``.

    Built once: building these takes longer than asking a small database.
    """

    invariant: int
    what: str
    query: Select[str]
