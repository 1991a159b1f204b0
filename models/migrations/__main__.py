"""Writes the next migration: what the models say, less what the steps so far lead to. Read it before you keep it."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine


def main(message: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    steps = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    with create_engine("sqlite://").begin() as connection:
        config.attributes["connection"] = connection
        if steps:
            command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=f"{steps + 1:04d}")


if __name__ == "__main__":
    main(sys.argv[1])
