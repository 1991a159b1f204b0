"""What is remembered. Importing the package registers every table."""

from models import community, conversation, due, issue, learning, media, member, notice, report
from models.base import Base

__all__ = ["Base", "community", "conversation", "due", "issue", "learning", "media", "member", "notice", "report"]
