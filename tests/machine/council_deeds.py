"""What people do to meetings, their items and ballots, made with what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select

from models.ballot import Ballot, Majority, VoteBase
from models.issue import Issue
from models.meeting import AgendaItem, Meeting, MeetingInvitation, StandingMember
from models.opinion import Stance, Statement
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Capacity, ItemState, MeetingState, Rsvp
from services.households import household_told
from services.meetings import (
    agenda_approval,
    agenda_changes,
    calling,
    dispersing,
    inviting,
    minutes,
    opinions,
    proxies,
    publishing,
    series,
    settling,
    sitting,
    standing_members,
    voting,
)
from services.meetings import days as meeting_days
from services.meetings.guests import guests_of
from tests.machine.landing import Turn
from tests.machine.world import World

_ALL = tuple(MeetingState)
_S = MeetingState
CHAIR, GUEST = "chair", "guest"
SETTLED = "按多数人的意见办，楼道的灯要亮着"
STANDARD = "晚上每一层的灯都亮着"
_OUTCOMES = (
    ItemState.ADOPTED,
    ItemState.ADOPTED,
    ItemState.REJECTED,
    ItemState.ADJOURNED,
    ItemState.REFERRED,
    ItemState.INFORMED,
)
_FREE = ("中秋怎么过", "选举业主委员会", "电梯井漏水")
_RULES = (
    ("FREQ=MONTHLY;BYDAY=2SA", "每月第二个周六 15:00", "15:00"),
    ("FREQ=MONTHLY;BYMONTHDAY=15", "每月15号 19:00", "19:00"),
)


@dataclass(frozen=True)
class Scene:
    """One person and one meeting, and the numbers that choose whatever else is needed."""

    world: World
    meeting: Meeting
    who: int
    turn: Turn

    @property
    def by(self) -> dict[str, Any]:
        return {"member_id": self.who, "at": self.world.now}

    @property
    def ruled(self) -> dict[str, Any]:
        return self.by | {"rules": self.world.here.house.rules}

    @property
    def here(self) -> dict[str, Any]:
        return self.by | {"meeting_id": self.meeting.id}

    @property
    def there(self) -> dict[str, Any]:
        return self.ruled | {"meeting_id": self.meeting.id}

    @cached_property
    def items(self) -> Sequence[AgendaItem]:
        chosen = select(AgendaItem).where(AgendaItem.meeting_id == self.meeting.id).order_by(AgendaItem.id)
        return self.world.session.scalars(chosen.execution_options(populate_existing=True)).all()

    def item(self, *states: ItemState) -> int:
        """One in these states, if there is any; else any; else one that is not there."""
        fitting = [each for each in self.items if each.state in states] or list(self.items)
        return fitting[self.turn.other % len(fitting)].id if fitting else 0

    def invitation(self) -> int:
        return self.one(select(MeetingInvitation.id).where(MeetingInvitation.meeting_id == self.meeting.id))

    def one(self, query: Any, number: int | None = None) -> int:
        found = self.world.session.scalars(query).all()
        return int(found[(self.turn.other if number is None else number) % len(found)]) if found else 0

    def issue(self) -> int:
        return self.one(select(Issue.id).order_by(Issue.id))

    def post(self) -> int:
        posts = list(self.world.posts)
        return posts[self.turn.flavour % len(posts)]

    def days(self, least: int) -> Any:
        return self.world.now.date() + timedelta(days=least + self.turn.flavour)


Deed = Callable[[Scene], object]


def settle(scene: Scene, outcome: ItemState | None = None, item: int | None = None) -> object:
    flavour = scene.turn.flavour
    chosen = outcome or _OUTCOMES[flavour % len(_OUTCOMES)]
    people = list(scene.world.people.values())
    group = (people[flavour % len(people)], people[scene.turn.other % len(people)])
    review = scene.days(20) if flavour % 2 else None
    level = (*Level, None)[scene.turn.other % 4]
    return settling.settle_item(
        scene.world.session,
        **scene.ruled,
        item_id=item or scene.item(ItemState.LISTED, ItemState.IN_TALK),
        outcome=chosen,
        words=SETTLED,
        agreed=settling.Agreed(STANDARD, scene.post(), scene.days(3), follow_up=group, review_on=review)
        if chosen is ItemState.ADOPTED
        else None,
        handed_over=settling.HandedOver(level=level, post_id=None if level else scene.post())
        if chosen is ItemState.REFERRED
        else None,
    )


def _answer(scene: Scene) -> None:
    rsvp = (Rsvp.COMING, Rsvp.NOT_COMING, Rsvp.PROXY)[scene.turn.flavour % 3]
    proxy = scene.invitation() if rsvp is Rsvp.PROXY else None
    calling.answer_invitation(scene.world.session, **scene.there, rsvp=rsvp, proxy=proxy)


def _refuse_proxy(scene: Scene) -> None:
    given = select(MeetingInvitation.id).where(
        MeetingInvitation.meeting_id == scene.meeting.id, MeetingInvitation.proxy_id.is_not(None)
    )
    proxies.refuse_proxy(scene.world.session, **scene.there, giver=scene.one(given))


def _invite(scene: Scene) -> object:
    people = list(scene.world.people.values())
    return inviting.invite_member(
        scene.world.session,
        **scene.there,
        guest_id=people[scene.turn.other % len(people)],
        capacity=tuple(Capacity)[scene.turn.flavour % 3],
        site="",
    )


def _at_door(scene: Scene) -> None:
    door = inviting.at_the_door(scene.world.session, meeting_id=scene.meeting.id)
    chosen = door[scene.turn.other % len(door)].invitation_id if door else 0
    rsvp = (Rsvp.COMING, Rsvp.NOT_COMING)[scene.turn.flavour % 2]
    inviting.answer_at_door(scene.world.session, **scene.there, invitation_id=chosen, rsvp=rsvp)


def _present(scene: Scene) -> object:
    room = ("301", "302", "909")[scene.turn.flavour % 3]
    return sitting.add_present(
        scene.world.session,
        **scene.there,
        name="马奶奶",
        household=household_told(f"住{room}", unit_id=scene.world.here.ids.unit, room=room),
        capacity=(Capacity.VOTER, Capacity.OBSERVER)[scene.turn.other % 2],
    )


def _open_ballot(scene: Scene) -> object:
    flavour = scene.turn.flavour
    return voting.open_ballot(
        scene.world.session,
        **scene.ruled,
        item_id=scene.item(ItemState.LISTED, ItemState.IN_TALK),
        question="换不换声控灯？",
        options=("换", "不换", "再等等")[: 2 + flavour % 2],
        base=tuple(VoteBase)[flavour % 2],
        majority=tuple(Majority)[scene.turn.other % 4],
        secret=bool(flavour % 3 == 0),
        closes_at=scene.world.now + timedelta(minutes=10) if flavour % 4 == 3 else None,
    )


def ballot_of(scene: Scene) -> int:
    """One of the meeting, an open one first; 0: none."""
    mine = select(Ballot.id).join(AgendaItem, AgendaItem.id == Ballot.item_id)
    mine = mine.where(AgendaItem.meeting_id == scene.meeting.id)
    return scene.one(mine.order_by(Ballot.closed_at.is_not(None), Ballot.id), 0)


def _vote(scene: Scene) -> object:
    return voting.cast_vote(
        scene.world.session,
        **scene.ruled,
        ballot_id=ballot_of(scene),
        choice=scene.turn.flavour % 3,
        invitation_id=scene.invitation() if scene.turn.which == 0 else None,
    )


def _edit(scene: Scene) -> object:
    last = minutes.last_version(scene.world.session, meeting_id=scene.meeting.id)
    key = ("opening", "closing", str(scene.item()))[scene.turn.other % 3]
    changes = {key: f"第{scene.turn.flavour}稿"}
    version = last.version if last else 1
    return minutes.edit_minutes(scene.world.session, **scene.there, based_on=version, changes=changes, why="写清楚")


def _check(scene: Scene) -> object:
    right = scene.turn.flavour % 3 > 0
    return minutes.check_minutes(
        scene.world.session, **scene.there, correct=right, words="少了一户", version=None
    )


def _statement(scene: Scene) -> int:
    mine = select(Statement.id).join(AgendaItem, AgendaItem.id == Statement.item_id)
    return scene.one(mine.where(AgendaItem.meeting_id == scene.meeting.id))


def _moderate(scene: Scene) -> object:
    show, statement = bool(scene.turn.flavour % 2), _statement(scene)
    return opinions.moderate(scene.world.session, **scene.ruled, statement_id=statement, show=show, words="提到了别人")


def _move(scene: Scene) -> object:
    to = scene.meeting.meets_at + timedelta(days=scene.turn.flavour - 3, hours=scene.turn.other)
    return meeting_days.move_by_chair(scene.world.session, **scene.there, to=to, words="礼堂有别的事")


def _change_rule(scene: Scene) -> None:
    rule, said, begins = _RULES[scene.turn.flavour % 2]
    series.change_rule(
        scene.world.session, **scene.ruled, series_id=scene.meeting.series_id, rule=rule, said=said, begins=begins
    )


def _add_standing(scene: Scene) -> None:
    people = list(scene.world.people.values())
    standing_members.add_member(
        scene.world.session,
        **scene.ruled,
        series_id=scene.meeting.series_id,
        added_id=people[scene.turn.other % len(people)],
        capacity=tuple(Capacity)[scene.turn.flavour % 3],
    )


def _remove_standing(scene: Scene) -> None:
    mine = select(StandingMember.member_id).where(StandingMember.series_id == scene.meeting.series_id)
    standing_members.remove_member(
        scene.world.session, **scene.by, series_id=scene.meeting.series_id, removed_id=scene.one(mine)
    )


_Named = tuple[tuple[MeetingState, ...], str, Deed]
_COMING = (_S.PLANNED, _S.COLLECTING, _S.DRAFTED, _S.CALLED)
_OFF = (ItemState.DROPPED, ItemState.QUEUED)

#: In which states of a meeting it is done, by whom, and how.
DEEDS: dict[str, _Named] = {
    "move_item": ((_S.DRAFTED,), CHAIR, lambda s: agenda_changes.move_item(
        s.world.session, **s.here, item_id=s.item(ItemState.DRAFTED), place=s.turn.flavour)),
    "set_minutes": ((_S.DRAFTED,), CHAIR, lambda s: agenda_changes.set_minutes(
        s.world.session, **s.here, item_id=s.item(ItemState.DRAFTED), minutes=5 + 20 * s.turn.flavour)),
    "drop_item": ((_S.DRAFTED,), CHAIR, lambda s: agenda_changes.drop_item(
        s.world.session, **s.here, item_id=s.item(ItemState.DRAFTED, ItemState.QUEUED), words="先问问物业")),
    "put_back": ((_S.DRAFTED,), CHAIR, lambda s: agenda_changes.put_back(
        s.world.session, **s.here, item_id=s.item(*_OFF))),
    "add_free": ((_S.DRAFTED,), CHAIR, lambda s: agenda_changes.add_free(
        s.world.session, **s.here, title=_FREE[s.turn.flavour % 3], minutes=10)),
    "add_issue": ((_S.DRAFTED,), CHAIR, lambda s: agenda_changes.add_issue(
        s.world.session, **s.there, issue_id=s.issue())),
    "approve": ((_S.DRAFTED,), CHAIR, lambda s: agenda_approval.approve_agenda(s.world.session, **s.there)),
    "answer": ((_S.CALLED,), GUEST, _answer),
    "refuse_proxy": ((_S.CALLED, _S.IN_SESSION), GUEST, _refuse_proxy),
    "invite": (_COMING, CHAIR, _invite),
    "invite_unit": (_COMING, CHAIR, lambda s: inviting.invite_unit(
        s.world.session, **s.there, post_id=s.post(), site="")),
    "invite_name": (_COMING, CHAIR, lambda s: inviting.invite_by_name(
        s.world.session, **s.there, name="老张", site="")),
    "at_door": ((_S.CALLED,), CHAIR, _at_door),
    "opine": ((_S.CALLED,), GUEST, lambda s: opinions.say(
        s.world.session, **s.ruled, item_id=s.item(ItemState.LISTED), stance=tuple(Stance)[s.turn.flavour % 3])),
    "write": ((_S.CALLED,), GUEST, lambda s: opinions.write(
        s.world.session, **s.ruled, item_id=s.item(ItemState.LISTED), words="晚上太黑")),
    "moderate": ((_S.CALLED,), CHAIR, _moderate),
    "respond": ((_S.CALLED,), GUEST, lambda s: opinions.answer(
        s.world.session, **s.ruled, statement_id=_statement(s), stance=Stance.AGREE)),
    "check_in": ((_S.CALLED, _S.IN_SESSION), GUEST, lambda s: sitting.check_in(s.world.session, **s.there)),
    "check_in_for": ((_S.CALLED, _S.IN_SESSION), CHAIR, lambda s: sitting.check_in_for(
        s.world.session, **s.there, invitation_id=s.invitation())),
    "present": ((_S.CALLED, _S.IN_SESSION), CHAIR, _present),
    "open": ((_S.CALLED,), CHAIR, lambda s: sitting.open_meeting(s.world.session, **s.there)),
    "take_up": ((_S.IN_SESSION,), CHAIR, lambda s: settling.take_up(
        s.world.session, **s.by, item_id=s.item(ItemState.LISTED))),
    "settle": ((_S.IN_SESSION,), CHAIR, settle),
    "take_back": ((_S.IN_SESSION,), CHAIR, lambda s: settling.take_back(
        s.world.session, **s.ruled, item_id=s.item(ItemState.ADOPTED, ItemState.REJECTED))),
    "jot": ((_S.IN_SESSION,), CHAIR, lambda s: settling.note(
        s.world.session, **s.here, item_id=s.item(), words="有人问费用", photos=())),
    "open_ballot": ((_S.IN_SESSION,), CHAIR, _open_ballot),
    "vote": ((_S.IN_SESSION,), GUEST, _vote),
    "close_ballot": ((_S.IN_SESSION,), CHAIR, lambda s: voting.close_ballot(
        s.world.session, **s.ruled, ballot_id=ballot_of(s))),
    "lack_quorum": ((_S.CALLED, _S.IN_SESSION), CHAIR, lambda s: sitting.lack_quorum(
        s.world.session, **s.there, words="只来了两户")),
    "close": ((_S.IN_SESSION,), CHAIR, lambda s: dispersing.close_meeting(s.world.session, **s.there)),
    "edit_minutes": ((_S.HELD, _S.MINUTED), CHAIR, _edit),
    "send_minutes": ((_S.HELD, _S.MINUTED), CHAIR, lambda s: minutes.send_minutes(
        s.world.session, **s.there, site="")),
    "check_minutes": ((_S.MINUTED,), GUEST, _check),
    "publish": ((_S.MINUTED,), CHAIR, lambda s: publishing.publish_minutes(
        s.world.session, **s.there, despite=bool(s.turn.flavour % 2))),
    "move": (_COMING, CHAIR, _move),
    "cancel": (_COMING, CHAIR, lambda s: meeting_days.cancel_by_chair(
        s.world.session, **s.there, words="停电")),
    "change_rule": (_COMING, CHAIR, _change_rule),
    "end_series": (_COMING, CHAIR, lambda s: series.end_series(
        s.world.session, **s.ruled, series_id=s.meeting.series_id, words="小区要拆迁")),
    "add_standing": (_ALL, CHAIR, _add_standing),
    "remove_standing": (_ALL, CHAIR, _remove_standing),
}  # fmt: skip
#: What ends everything, or could be done at any time.
RARE = frozenset({"cancel", "end_series", "lack_quorum", "change_rule", "move", "add_standing", "remove_standing"})


def guests(world: World, meeting: Meeting) -> list[int]:
    found = guests_of(world.session, meeting_id=meeting.id)
    return [guest.member_id for guest in found if guest.member_id is not None]
