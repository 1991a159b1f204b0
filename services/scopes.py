"""What somebody is to issues, as conditions of a query: the same as ``members.actors``, for many issues at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select

from models.community import Community
from models.helper import Helper
from models.issue import Issue
from models.report import Report
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor
from models.rules.posts import Role, Rung, ScopeKind
from services.members import RUNG_OF, HeldPost

#: Who has to do with an issue by their posts.
STAFF = (Actor.HOLDER, Actor.HELPER, Actor.STEWARD, Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET)
#: Of these, who is near enough to knock at a door.
NEAR = (Actor.HOLDER, Actor.STEWARD, Actor.SECRETARY, Actor.COMMUNITY)


def being(actor: Actor, *, member_id: int, posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    """The issues to which a member, who holds these posts, is this."""
    match actor:
        case Actor.RAISER:
            return _raised(member_id)
        case Actor.ASKED:
            return and_(_raised(member_id), Issue.asked_id == member_id)
        case Actor.HOLDER:
            return Issue.holder_id.in_([post.post_id for post in posts])
        case Actor.HANDLER:
            return Issue.holder_id.in_(_handling(posts))
        case Actor.HELPER:
            called = (Helper.issue_id == Issue.id, Helper.post_id.in_(_handling(posts)))
            return exists(select(Helper.id).where(*called, Helper.post_id != Issue.holder_id))
        case Actor.STEWARD:
            return or_(
                Issue.unit_id.in_(_scopes(posts, Role.STEWARD, ScopeKind.UNIT)),
                Issue.building_id.in_(_scopes(posts, Role.STEWARD, ScopeKind.BUILDING)),
            )
        case Actor.SECRETARY:
            return Issue.grid_id.in_(_scopes(posts, Role.SECRETARY))
        case Actor.COMMUNITY:
            return Issue.community_id.in_(_scopes(posts, Role.COMMUNITY))
        case Actor.STREET:
            streets = _scopes(posts, Role.STREET)
            return Issue.community_id.in_(select(Community.id).where(Community.street_id.in_(streets)))
        case Actor.UPPER:
            return _above(member_id, posts)
        case Actor.ANYONE | Actor.MEETING | Actor.TIMER:
            return false()


def allowing(action: Action, *, member_id: int, posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    """The issues to which a member may do this now, as the workflow's rows say."""
    return or_(
        false(),
        *(
            and_(
                Issue.state.in_(sorted(row.sources)),
                or_(*(being(actor, member_id=member_id, posts=posts) for actor in sorted(row.by))),
            )
            for row in ISSUE_WORKFLOW
            if row.action is action
        ),
    )


def in_scope(posts: Sequence[HeldPost], actors: Sequence[Actor] = STAFF) -> ColumnElement[bool]:
    """The issues that somebody's posts have to do with."""
    if not posts:
        return false()
    return or_(*(being(actor, member_id=0, posts=posts) for actor in actors))


def visible(member_id: int, posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    """The issues of which somebody may know: their own, and those of their posts."""
    return or_(_raised(member_id), in_scope(posts))


def helping(posts: Sequence[HeldPost]) -> Select[int]:
    """The ids of the issues with which these units were called to help, until they have told what came of it."""
    return select(Helper.issue_id).where(Helper.post_id.in_(_handling(posts)), Helper.result_at.is_(None))


def _raised(member_id: int) -> ColumnElement[bool]:
    own = select(Report.issue_id).where(Report.raiser_id == member_id, Report.withdrawn_at.is_(None))
    return Issue.id.in_(own)


def _above(member_id: int, posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    order = list(Rung)
    holds = Issue.holder_id.in_([post.post_id for post in posts])
    return or_(
        *(
            and_(
                being(actor, member_id=member_id, posts=posts),
                or_(Issue.rung.in_(order[: order.index(rung)]), and_(Issue.rung == rung, not_(holds))),
            )
            for actor, rung in RUNG_OF.items()
        )
    )


def _handling(posts: Sequence[HeldPost]) -> list[int]:
    return [post.post_id for post in posts if post.role is Role.HANDLER]


def _scopes(posts: Sequence[HeldPost], role: Role, kind: ScopeKind | None = None) -> list[int]:
    return [post.scope_id for post in posts if post.role is role and kind in (None, post.scope_kind)]
