"""Invitations: a code works once, for a day, for whoever was meant, and steward and secretary need a second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Community, Street
from models.member import Grant, Invitation, Member, Post
from models.notice import Notice
from models.rules.codes import CodeKind, read_code
from models.rules.errors import AlreadyDone, InvitationRefused, NotFound, TransitionNotAllowed
from models.rules.house import HouseRules
from models.rules.posts import Role, ScopeKind
from services.invitations import Decided, Taken, decide, invite, note_wrong_try, take_up, unconfirmed
from services.members import holders_of, post_for

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
RULES = HouseRules()


@pytest.fixture
def community(session: Session) -> int:
    street = insert_row(session, Street, name="凤栖街道")
    return insert_row(session, Community, street_id=street, code="640104003012", name="兰宁社区", prefix="LN", phone="")


@pytest.fixture
def steward(session: Session, community: int) -> Post:
    return post_for(
        session,
        role=Role.STEWARD,
        scope_kind=ScopeKind.UNIT,
        scope_id=7,
        community_id=community,
        label="西苑小区3号楼2单元",
    )


@pytest.fixture
def administrator(session: Session, community: int) -> Post:
    return post_for(
        session,
        role=Role.ADMINISTRATOR,
        scope_kind=ScopeKind.COMMUNITY,
        scope_id=community,
        community_id=community,
        label="兰宁社区",
    )


def _member(session: Session) -> int:
    return insert_row(session, Member, created_at=NOON)


def _wrong(session: Session, member: int, code: str, at: datetime = NOON) -> object:
    """What the dispatcher does: the step is undone, the wrong try is not."""
    with pytest.raises(InvitationRefused) as error, session.begin_nested():
        take_up(session, member_id=member, code=code, at=at, rules=RULES)
    note_wrong_try(session, member_id=member, refused=error.value, at=at, rules=RULES)
    return error.value.params.get("reason") or error.value.code


def test_a_code_is_long_random_and_kept_only_as_a_hash(session: Session, steward: Post) -> None:
    codes = {invite(session, post=steward, at=NOON, rules=RULES) for _ in range(20)}
    assert len(codes) == 20
    assert all(read_code(code) == (CodeKind.INVITATION, code) and len(code) == 28 for code in codes)
    assert not codes & set(session.scalars(select(Invitation.code_hash)))


def test_a_message_is_a_code_only_when_it_is_nothing_else() -> None:
    code = "ZL" + "A" * 26
    spaced = "ZL" + " AAAAAAAA-AAAAAAAAAAAAAAAAAA"
    assert read_code(f"  {code.lower()}\n") == read_code(spaced) == (CodeKind.INVITATION, code)
    assert read_code(f"我的码是 {code}") is None
    assert read_code("ZL号楼漏水") is None


def test_the_first_administrator_is_in_office_at_once(session: Session, administrator: Post) -> None:
    member = _member(session)
    code = invite(session, post=administrator, at=NOON, rules=RULES)
    grant = take_up(session, member_id=member, code=code, at=NOON, rules=RULES)
    assert grant == Taken(grant.grant_id, Role.ADMINISTRATOR, "兰宁社区", confirmed=True, somebody_asked=False)
    assert holders_of(session, post_id=administrator.id, at=NOON) == [member]


def test_a_steward_is_in_office_when_a_second_person_confirms(
    session: Session, steward: Post, administrator: Post, community: int
) -> None:
    boss, member = _member(session), _member(session)
    take_up(
        session, member_id=boss, code=invite(session, post=administrator, at=NOON, rules=RULES), at=NOON, rules=RULES
    )
    grant = take_up(
        session, member_id=member, code=invite(session, post=steward, at=NOON, rules=RULES), at=NOON, rules=RULES
    )
    assert holders_of(session, post_id=steward.id, at=NOON) == []
    assert [g.id for g in unconfirmed(session, community_id=community)] == [grant.grant_id]
    asked = session.execute(select(Notice.member_id, Notice.kind, Notice.params)).one()
    assert tuple(asked) == (
        boss,
        "confirm_role",
        {"grant": grant.grant_id, "role": "steward", "label": "西苑小区3号楼2单元", "name": ""},
    )
    assert (grant.confirmed, grant.somebody_asked) == (False, True)
    agreed = decide(session, grant_id=grant.grant_id, by=boss, agree=True, at=NOON, rules=RULES)
    assert agreed == Decided(Role.STEWARD, "西苑小区3号楼2单元")
    assert holders_of(session, post_id=steward.id, at=NOON) == [member]
    assert session.scalars(select(Notice.kind).where(Notice.member_id == member)).all() == ["role_confirmed"]
    with pytest.raises(AlreadyDone):
        decide(session, grant_id=grant.grant_id, by=boss, agree=False, at=NOON, rules=RULES)


def test_who_is_refused_never_held_the_post(session: Session, steward: Post, administrator: Post) -> None:
    boss, member = _member(session), _member(session)
    take_up(
        session, member_id=boss, code=invite(session, post=administrator, at=NOON, rules=RULES), at=NOON, rules=RULES
    )
    grant = take_up(
        session, member_id=member, code=invite(session, post=steward, at=NOON, rules=RULES), at=NOON, rules=RULES
    )
    decide(session, grant_id=grant.grant_id, by=boss, agree=False, at=NOON, rules=RULES)
    assert session.get_one(Grant, grant.grant_id).ends_at == NOON
    assert holders_of(session, post_id=steward.id, at=NOON) == []


def test_nobody_confirms_themselves_nor_in_another_community(
    session: Session, steward: Post, administrator: Post, community: int
) -> None:
    member, stranger, boss = _member(session), _member(session), _member(session)
    grant = take_up(
        session, member_id=member, code=invite(session, post=steward, at=NOON, rules=RULES), at=NOON, rules=RULES
    )
    for by in (member, stranger):
        with pytest.raises(NotFound):
            decide(session, grant_id=grant.grant_id, by=by, agree=True, at=NOON, rules=RULES)
    take_up(
        session, member_id=member, code=invite(session, post=administrator, at=NOON, rules=RULES), at=NOON, rules=RULES
    )
    with pytest.raises(TransitionNotAllowed):
        decide(session, grant_id=grant.grant_id, by=member, agree=True, at=NOON, rules=RULES)
    street = session.scalars(select(Community.street_id)).one()
    other = insert_row(session, Community, street_id=street, code="640104003013", name="东宁", prefix="DN", phone="")
    elsewhere = post_for(
        session,
        role=Role.ADMINISTRATOR,
        scope_kind=ScopeKind.COMMUNITY,
        scope_id=other,
        community_id=other,
        label="东宁",
    )
    take_up(session, member_id=boss, code=invite(session, post=elsewhere, at=NOON, rules=RULES), at=NOON, rules=RULES)
    with pytest.raises(NotFound):
        decide(session, grant_id=grant.grant_id, by=boss, agree=True, at=NOON, rules=RULES)


def test_a_code_works_once(session: Session, administrator: Post) -> None:
    first, second = _member(session), _member(session)
    code = invite(session, post=administrator, at=NOON, rules=RULES)
    grant = take_up(session, member_id=first, code=code, at=NOON, rules=RULES)
    assert _wrong(session, second, code) == "used"
    assert take_up(session, member_id=first, code=f" {code.lower()} ", at=NOON, rules=RULES) == Taken(
        grant.grant_id, grant.role, grant.label, confirmed=True, somebody_asked=True
    )
    assert session.scalar(select(func.count()).select_from(Grant)) == 1


def test_a_code_expires(session: Session, administrator: Post) -> None:
    code = invite(session, post=administrator, at=NOON, rules=RULES)
    late = NOON + RULES.invitation_kept
    member = _member(session)
    assert _wrong(session, member, code, late) == "expired"


def test_guessing_is_stopped_and_forgiven_after_a_while(session: Session, administrator: Post) -> None:
    member, code = _member(session), invite(session, post=administrator, at=NOON, rules=RULES)
    wrong = "ZL" + "B" * 26
    for _ in range(RULES.invitation_tries_per_hour):
        assert _wrong(session, member, wrong) == "unknown"
    assert _wrong(session, member, code) == "invitation_too_many_tries"
    assert _wrong(session, _member(session), wrong) == "unknown"
    later = NOON + timedelta(minutes=12)
    assert take_up(session, member_id=member, code=code, at=later, rules=RULES).confirmed


def test_a_second_person_is_not_asked_where_the_house_does_not_want_one(session: Session, steward: Post) -> None:
    rules = replace(RULES, second_person=False)
    code = invite(session, post=steward, at=NOON, rules=rules)
    assert take_up(session, member_id=_member(session), code=code, at=NOON, rules=rules).confirmed
