"""Two months of meetings (议事), over Mid-Autumn and National Day: at five places of three levels, from the founding of
the series to resolutions that somebody went to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.rehearsal.attending import Guest
from bot.rehearsal.carrying_out import Owner
from bot.rehearsal.chairing import Chair, Founding
from bot.rehearsal.channels import Outage
from bot.rehearsal.council import Council
from bot.rehearsal.people import KEEN
from bot.rehearsal.play import Play
from bot.rehearsal.residents import Resident
from bot.rehearsal.staff import Post
from bot.rehearsal.talks import talks

_GARDEN, _MILL, _RIVER = "青禾苑", "纺织家属院", "望河小区"
_CORRIDOR, _BUILDING = "青禾苑3号楼楼道会", "3"
_MILL_COUNCIL = "纺织家属院议事会"
_DELEGATES = 5
#: The day, where somebody lives who tells of it, and what. What is told of first is on the first agenda.
_TOLD = (
    (1, _GARDEN, "charging"), (1, _GARDEN, "dancing"), (1, _GARDEN, "trees"), (2, _GARDEN, "ramp"),
    (2, _GARDEN, "festival"), (2, _MILL, "dog_walk"), (3, _MILL, "lawn"), (4, _CORRIDOR, "hall_rules"),
    (5, _CORRIDOR, "laundry"), (8, _CORRIDOR, "bench"), (11, _RIVER, "charging"), (12, _RIVER, "dog_walk"),
    (16, _CORRIDOR, "noise_noon"), (18, _GARDEN, "dog_walk"), (20, _GARDEN, "lawn"), (25, _MILL, "charging"),
    (27, _MILL, "dancing"), (34, _RIVER, "dancing"), (40, _GARDEN, "trees"), (43, _CORRIDOR, "bench"),
)  # fmt: skip


def play_meetings(play: Play) -> None:
    """The secretary of the second grid is away when a draft should be approved, and late with minutes; hardly anybody
    comes to the first meeting of a corridor; WeChat is away when invitations leave, and some people block us."""
    cast, stage = play.cast, play.cast.stage
    council = Council(stage, cast.truth, deserted=frozenset({_CORRIDOR}))
    guests = {resident.person.address: _takes_part(council, resident) for resident in cast.residents}
    chairs = {key: _serves(council, post) for key, post in cast.staff.items()}
    for number, guest in enumerate(guests.values()):
        guest.then(play.at(0, 8) + timedelta(minutes=number), guest.enrols)
    _found(play, council, chairs)
    _tell(play, guests)
    away = cast.staff["secretary-2"].person
    away.away = ((play.first + timedelta(days=6), play.first + timedelta(days=12)),)
    stage.network.outages = (Outage("wechat", play.at(4, 9), play.at(4, 15)), Outage("telegram", play.at(14, 8),
                             play.at(14, 10)))  # fmt: skip
    for resident in cast.residents[4:30:12]:
        stage.plan(play.at(9, 8), partial(stage.network.blocked.add, resident.person.address))
    mill = chairs["secretary-2"]
    mill.late = True
    mill.then(play.at(38, 10), lambda: _moving(mill, council))
    play.ordinary_days(a_day=0.2, since=1)


def _moving(chair: Chair, council: Council) -> Iterator[float]:
    """会议改期: the room is taken on the day that the rule gave."""
    meeting = council.next_meeting(_MILL_COUNCIL)
    if meeting is not None:
        day = council.day_after(meeting)
        yield from chair.moves(meeting.id, f"{day.month}月{day.day}日", "活动室那天有别的用处")


def _takes_part(council: Council, resident: Resident) -> Guest:
    guest = Guest(council, resident.person)
    resident.parts = (guest,)
    return guest


def _serves(council: Council, post: Post) -> Chair:
    chair = Chair(council, post.person)
    post.parts, post.council = (Guest(council, post.person), chair, Owner(council, post.person)), council
    return chair


def _found(play: Play, council: Council, chairs: Mapping[str, Chair]) -> None:
    """On the first day; who is asked to every meeting looks into the chat now and then."""
    living = {place: _living(play, place)[:_DELEGATES] for place in (_GARDEN, _MILL, _RIVER)}
    property_company = ("青禾物业公司",)
    wanted = (
        ("steward-3", Founding(_CORRIDOR, "每月第三个周四晚上7点")),
        ("secretary-1", Founding("青禾苑议事会", "每月第二个周六 15:00", living[_GARDEN], property_company)),
        ("secretary-2", Founding(_MILL_COUNCIL, "每月15号下午4点", living[_MILL])),
        ("secretary-2", Founding("望河小区议事会", "每月第一个周六上午10点", living[_RIVER], property_company)),
        ("desk", Founding("青禾社区议事会", "每月第四个周五下午3点",
                          tuple(home for homes in living.values() for home in homes[:2]), property_company)),
    )  # fmt: skip
    for number, (key, founding) in enumerate(wanted):
        chair = chairs[key]
        chair.then(play.at(0, 9, 30 + 5 * number), partial(chair.founds, founding))
    stage = play.cast.stage
    for resident in (each for homes in living.values() for each in homes):
        person = resident.person
        person.habits = replace(KEEN, hours=person.habits.hours)
        for day in range(2, play.days, 2) if person.platform == "wechat" else ():
            guest = next(part for part in resident.parts if isinstance(part, Guest))
            at = person.is_there(play.at(day, 19, play.random.randrange(60)), rules=stage.house.rules)
            guest.then(at, guest.looks_in)


def _tell(play: Play, guests: Mapping[str, Guest]) -> None:
    """A neighbour or two tell of the same. To one small consultation nobody comes; the first who hears of a resolution
    on their own matter objects."""
    for number, (day, where, key) in enumerate(_TOLD):
        if day >= play.days:
            continue
        talk, people = talks()[key], _living(play, where)
        who = play.random.sample(people, min(len(people), play.random.choice((1, 2, 3))))
        if talk.at == "unit":
            who = who[:1]
        if key == "noise_noon":
            guests[who[0].person.address].silent = True
        if (where, key) == (_GARDEN, "charging"):
            guests[who[-1].person.address].objects = True
        for nth, resident in enumerate(who):
            at = play.at(day, 9 + number % 3) + timedelta(hours=2.5 * nth, minutes=play.random.randrange(50))
            play.tells(at, resident, talk)


def _living(play: Play, where: str) -> tuple[Resident, ...]:
    """In a compound, or in the building that meets in its corridor."""
    if where == _CORRIDOR:
        return tuple(play.cast.living_in(_GARDEN, _BUILDING))
    return tuple(each for each in play.cast.residents if each.home.compound == where)
