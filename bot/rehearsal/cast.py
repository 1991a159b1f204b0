"""Who plays: the staff of 青禾社区, and as many residents as a scenario wants."""

from __future__ import annotations

from dataclasses import dataclass

from bot.rehearsal.channels import PLATFORMS
from bot.rehearsal.clockwork import Stage
from bot.rehearsal.people import (
    AT_THE_DESK,
    DILIGENT,
    GIVEN,
    RESIDENTS,
    SURNAMES,
    Habits,
    Person,
    dice,
    pick,
)
from bot.rehearsal.residents import Resident, Truth
from bot.rehearsal.staff import Post
from bot.rehearsal.world import COMMUNITY, STREET, UNITS, Appointment, Household, appoint, households
from models.rules.posts import Role


@dataclass(frozen=True)
class Seat:
    """Somebody of the staff. ``key``: how scenarios call them."""

    key: str
    name: str
    platform: str
    posts: tuple[Appointment, ...]
    habits: Habits = DILIGENT


def _steward(*scopes: str) -> tuple[Appointment, ...]:
    return tuple(Appointment(Role.STEWARD, scope) for scope in scopes)


SEATS = (
    Seat("steward-1", "马秀英", "wechat", _steward("青禾苑/1号楼", "青禾苑/2号楼/1单元")),
    Seat("steward-3", "刘桂芳", "webchat", _steward("青禾苑/3号楼")),
    Seat("steward-4", "赵永福", "telegram", _steward("青禾苑/4号楼/1单元", "青禾苑/4号楼/2单元")),
    Seat("steward-mill", "陈国强", "webchat", _steward("纺织家属院/1号楼", "纺织家属院/2号楼")),
    Seat("steward-river", "何玉梅", "wechat", _steward("望河小区/2号楼", "望河小区/3号楼")),
    Seat("secretary-1", "张建国", "webchat", (Appointment(Role.SECRETARY, "青禾第一网格"),)),
    Seat("secretary-2", "杨丽", "telegram", (Appointment(Role.SECRETARY, "青禾第二网格"),)),
    Seat("desk", "李敏", "webchat",
         (Appointment(Role.COMMUNITY, COMMUNITY), Appointment(Role.ADMINISTRATOR, COMMUNITY)), AT_THE_DESK),
    Seat("desk-2", "周倩", "webchat", (Appointment(Role.COMMUNITY, COMMUNITY),), AT_THE_DESK),
    Seat("street", "孙涛", "webchat", (Appointment(Role.STREET, STREET),), AT_THE_DESK),
    *(Seat(key, name, "webchat", (Appointment(Role.HANDLER, UNITS[key][0]),), AT_THE_DESK)
      for key, name in (("property", "王师傅"), ("water", "吴师傅"), ("heat", "郑师傅"), ("power", "冯师傅"),
                        ("order", "韩队长"))),
)  # fmt: skip


@dataclass
class Cast:
    stage: Stage
    truth: Truth
    staff: dict[str, Post]
    residents: list[Resident]

    def living_in(self, compound: str, building: str) -> list[Resident]:
        return [r for r in self.residents if (r.home.compound, r.home.building) == (compound, building)]


def assemble(stage: Stage, *, seed: int, count: int, full: tuple[str, str, int] | None = None) -> Cast:
    """Everybody arrives. ``full``: a building (compound, number) with so many households that have a phone."""
    truth = Truth()
    staff = {seat.key: _take_seat(stage, seat, seed, truth) for seat in SEATS}
    random = dice(seed, "residents")
    homes = households()
    random.shuffle(homes)
    if full is not None:
        compound, building, many = full
        inside = [home for home in homes if (home.compound, home.building) == (compound, building)][:many]
        homes = inside + [home for home in homes if home not in inside]
    names = [surname + given for surname in SURNAMES for given in GIVEN]
    random.shuffle(names)
    residents = [_settle(stage, names[number], homes[number], seed, truth) for number in range(count)]
    return Cast(stage, truth, staff, residents)


def _take_seat(stage: Stage, seat: Seat, seed: int, truth: Truth) -> Post:
    person = Person(seat.name, seat.platform, f"staff-{seat.key}", seat.habits, dice(seed, seat.key), posts=seat.posts)
    stage.arrives(person)
    stage.says(person, "你好")
    appoint(stage.session, member_id=person.member_id, posts=seat.posts, at=stage.now)
    person.mind = post = Post(stage, person, truth)
    return post


def _settle(stage: Stage, name: str, home: Household, seed: int, truth: Truth) -> Resident:
    random = dice(seed, home.label)
    person = Person(name, pick(random, PLATFORMS), f"home-{home.label}", pick(random, RESIDENTS), random, home=home)
    stage.arrives(person)
    person.mind = resident = Resident(stage, person, truth)
    return resident
