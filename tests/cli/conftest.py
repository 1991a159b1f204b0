"""Fixtures of the command line."""

from tests.cli.command import folder, migrated, zhuoluo
from tests.cli.lines import lines

__all__ = ["folder", "lines", "migrated", "zhuoluo"]
