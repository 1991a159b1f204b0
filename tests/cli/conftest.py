"""Fixtures of the command line."""

from tests.cli.command import folder, migrated, zhuoluo

__all__ = ["folder", "migrated", "zhuoluo"]
