"""A small community for tests, and people who talk to the bot: ``wang.says("楼道灯坏了")``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.due_acts import run_due
from handlers import dispatcher
from handlers.announcements import BUNDLE_FRAME, KINDS_WITH_OPTIONS, message_of, room_of
from handlers.context import House
from handlers.messages import Incoming, IncomingPhoto, Kind, Outgoing
from models.base import insert_row
from models.community import (
    Building,
    Community,
    Compound,
    CompoundAlias,
    Grid,
    Organisation,
    OrganisationKind,
    Street,
    Unit,
)
from models.issue import Issue
from models.member import Account, Grant, Member
from models.rules.house import HouseRules
from models.rules.posts import Role, ScopeKind
from services import media, members, places
from services.bundles import Bundling
from services.claims import claim_due
from services.outbox import Outcome, SendResult, record
from services.routes import Channel

#: A Monday noon in Lanzhou; time is passed on by the tests.
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)

SENTENCE = "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"
ANOTHER = "西苑小区5号楼门口的垃圾两天没人清"


@dataclass(frozen=True)
class Ids:
    community: int
    grid: int
    compound: int
    building: int
    unit: int
    property: int


@dataclass
class Neighbourhood:
    """西苑小区 (buildings 3 and 5, two units each) and 文化局家属院, in 兰宁社区, with a property company."""

    session: Session
    ids: Ids
    house: House
    now: datetime = NOON
    channels: tuple[Channel, ...] = (Channel("webchat", text_bytes=4096), Channel("telegram", text_bytes=4096))
    events: int = 0
    phones: dict[str, list[Outgoing]] = field(default_factory=dict)

    def passes(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def person(self, name: str, *, platform: str = "webchat") -> Person:
        return Person(self, name, platform)

    def appoint(self, person: Person, role: Role, scope_kind: ScopeKind, scope_id: int, label: str) -> None:
        post = members.post_for(
            self.session,
            role=role,
            scope_kind=scope_kind,
            scope_id=scope_id,
            community_id=self.ids.community,
            label=label,
        )
        insert_row(
            self.session,
            Grant,
            member_id=person.member_id,
            post_id=post.id,
            starts_at=self.now,
            confirmed_at=self.now,
        )

    def deliver(self, *, seconds: float = 2, together: bool = False) -> None:
        """Let the outbox run until nothing is due; each message lands on its person's phone.

        ``together``: several for one person as one message, as delivery does; a story is easier to read without.
        """
        for photo in media.claim_owed(self.session, now=self.now, limit=100):
            media.stored(self.session, photo=photo, size=1000)
        for _ in range(50):
            self.passes(seconds=seconds)
            envelopes = claim_due(
                self.session,
                now=self.now,
                limit=100,
                lease=timedelta(seconds=60),
                platforms=self.channels,
                with_options=KINDS_WITH_OPTIONS,
                bundling=Bundling(self.house.rules.bundled_from, BUNDLE_FRAME, room_of) if together else None,
            )
            if not envelopes:
                return
            for envelope in envelopes:
                self.phones.setdefault(envelope.to, []).append(message_of(envelope))
            record(
                self.session,
                [(envelope, SendResult(Outcome.SENT)) for envelope in envelopes],
                now=self.now,
                retries=(5, 30),
            )
        raise AssertionError("the outbox never comes to rest")

    def keeps_time(self) -> int:
        """Do all that is due by now, as the running program does. Returns how many acts that were."""
        done = run_due(self.session, now=self.now, house=self.house)
        self.session.flush()
        return done

    def issue(self, serial: int = 1) -> Issue:
        """An issue of our community, as it is in the database."""
        query = select(Issue).where(Issue.serial == serial, Issue.community_id == self.ids.community)
        return self.session.scalars(query.execution_options(populate_existing=True)).one()


@dataclass
class Person:
    """Somebody with a phone. What the bot answers is returned; what it sends by itself is in ``inbox``."""

    at: Neighbourhood
    external_id: str
    platform: str = "webchat"
    last: Outgoing = field(default_factory=lambda: Outgoing(""))

    def __post_init__(self) -> None:
        self.inbox = self.at.phones[self.external_id] = []

    @property
    def member_id(self) -> int:
        row = (
            self.at.session.query(Account).filter_by(platform=self.platform, external_id=self.external_id).one_or_none()
        )
        if row is not None:
            return row.member_id
        member = insert_row(self.at.session, Member, name=self.external_id, created_at=self.at.now)
        insert_row(self.at.session, Account, member_id=member, platform=self.platform, external_id=self.external_id)
        return member

    def says(self, words: str, *, photos: int = 0, key: str = "") -> str:
        kind = Kind.PHOTO if photos else Kind.TEXT
        return self._event(Kind(kind), text=words, photos=photos, key=key)

    def sends_photo(self, words: str = "") -> str:
        return self._event(Kind.PHOTO, text=words, photos=1)

    def sends_location(self, latitude: float, longitude: float) -> str:
        return self._event(Kind.LOCATION, location=(latitude, longitude))

    def presses(self, label: str, *, on: Outgoing | None = None) -> str:
        shown = on or self.last
        button = next(b for b in shown.buttons if b.label == label)
        return self._event(Kind.PRESS, press=button.data)

    def presses_button(self, data: str) -> str:
        """A button that nobody offered, or one from long ago."""
        return self._event(Kind.PRESS, press=data)

    def does(self, kind: Kind, text: str = "") -> str:
        return self._event(kind, text=text)

    def reports(self, sentence: str = SENTENCE) -> str:
        """The whole of a report, always of a matter of its own; the question about the home is put off. Returns the
        issue's number."""
        self.says(sentence)
        while "不是同一件" in self.labels:
            self.says("不是同一件")
        receipt = self.says("1")
        if self.last.buttons:
            self.says("以后再说")
        return receipt.splitlines()[0].rpartition(" ")[2].rstrip("。")

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.last.buttons]

    def _event(
        self,
        kind: Kind,
        *,
        text: str = "",
        press: str = "",
        photos: int = 0,
        key: str = "",
        location: tuple[float, float] | None = None,
    ) -> str:
        self.at.events += 1
        self.at.passes(seconds=3)
        incoming = Incoming(
            platform=self.platform,
            event_key=key or f"e{self.at.events}",
            sender=self.external_id,
            kind=kind,
            text=text,
            press=press,
            photos=tuple(IncomingPhoto(remote_id=f"r{self.at.events}-{n}") for n in range(photos)),
            location=location,
            raw="{}",
        )
        received = dispatcher.receive(self.at.session, incoming, at=self.at.now, house=self.at.house)
        self.at.session.flush()
        self.last = received.outgoing
        return received.outgoing.text


def settle(session: Session, *, rules: HouseRules | None = None) -> Neighbourhood:
    """Build the community in an empty database."""
    street = insert_row(session, Street, name="凤栖街道")
    community = insert_row(
        session, Community, street_id=street, code="620102001001", name="兰宁社区", prefix="LN", phone="0931-0000000"
    )
    grid = insert_row(session, Grid, community_id=community, name="第一网格")
    compound = insert_row(session, Compound, community_id=community, grid_id=grid, name="西苑小区")
    insert_row(session, CompoundAlias, compound_id=compound, alias="西苑")
    other = insert_row(session, Compound, community_id=community, grid_id=grid, name="文化局家属院")
    ids = {}
    for where, numbers in ((compound, ("3", "5")), (other, ("1",))):
        for number in numbers:
            building = insert_row(
                session, Building, compound_id=where, grid_id=grid, number=number, name=f"{number}号楼"
            )
            for unit in ("1", "2"):
                ids[where, number, unit] = (
                    building,
                    insert_row(session, Unit, building_id=building, number=unit, name=f"{unit}单元"),
                )
    company = insert_row(
        session,
        Organisation,
        community_id=community,
        compound_id=compound,
        kind=OrganisationKind.PROPERTY,
        name="安居物业",
    )
    building, unit_id = ids[compound, "3", "2"]
    for role, kind, scope, label in (
        (Role.COMMUNITY, ScopeKind.COMMUNITY, community, "兰宁社区"),
        (Role.ADMINISTRATOR, ScopeKind.COMMUNITY, community, "兰宁社区"),
        (Role.SECRETARY, ScopeKind.GRID, grid, "第一网格"),
        (Role.HANDLER, ScopeKind.ORGANISATION, company, "安居物业"),
    ):
        members.post_for(session, role=role, scope_kind=kind, scope_id=scope, community_id=community, label=label)
    house = House(rules or HouseRules(), places.gazetteer(session), "http://127.0.0.1:8000")
    return Neighbourhood(session, Ids(community, grid, compound, building, unit_id, company), house)


def with_steward(neighbourhood: Neighbourhood) -> tuple[Person, Person]:
    """A steward of 3号楼2单元 and the secretary of the grid."""
    ids = neighbourhood.ids
    li, zhao = neighbourhood.person("li"), neighbourhood.person("zhao")
    neighbourhood.appoint(li, Role.STEWARD, ScopeKind.UNIT, ids.unit, "西苑小区3号楼2单元")
    neighbourhood.appoint(zhao, Role.SECRETARY, ScopeKind.GRID, ids.grid, "第一网格")
    return li, zhao


@dataclass(frozen=True)
class Staff:
    """Everybody who holds a post in 兰宁社区; each has said hello, so that notices can be answered by number."""

    li: Person  # steward of 3号楼2单元
    zhao: Person  # secretary of the grid
    sun: Person  # community desk
    qian: Person  # property company


def staffed(neighbourhood: Neighbourhood) -> Staff:
    ids = neighbourhood.ids
    li, zhao = with_steward(neighbourhood)
    sun, qian = neighbourhood.person("sun"), neighbourhood.person("qian")
    neighbourhood.appoint(sun, Role.COMMUNITY, ScopeKind.COMMUNITY, ids.community, "兰宁社区")
    neighbourhood.appoint(qian, Role.HANDLER, ScopeKind.ORGANISATION, ids.property, "安居物业")
    for person in (li, zhao, sun, qian):
        person.says("你好")
    return Staff(li, zhao, sun, qian)


def next_door(neighbourhood: Neighbourhood) -> Neighbourhood:
    """Another community in the same house: 东湖社区 with 东湖小区 and its own staff, named as in ours plus 2."""
    session = neighbourhood.session
    street = session.query(Street).first()
    assert street is not None
    community = insert_row(session, Community, street_id=street.id, code="620102001002", name="东湖社区", prefix="DH")
    grid = insert_row(session, Grid, community_id=community, name="东湖网格")
    compound = insert_row(session, Compound, community_id=community, grid_id=grid, name="东湖小区")
    building = insert_row(session, Building, compound_id=compound, grid_id=grid, number="1", name="1号楼")
    unit = insert_row(session, Unit, building_id=building, number="1", name="1单元")
    kind = OrganisationKind.PROPERTY
    company = insert_row(
        session, Organisation, community_id=community, compound_id=compound, kind=kind, name="东湖物业"
    )
    for role, scope_kind, scope, label in (
        (Role.COMMUNITY, ScopeKind.COMMUNITY, community, "东湖社区"),
        (Role.SECRETARY, ScopeKind.GRID, grid, "东湖网格"),
        (Role.HANDLER, ScopeKind.ORGANISATION, company, "东湖物业"),
    ):
        members.post_for(session, role=role, scope_kind=scope_kind, scope_id=scope, community_id=community, label=label)
    house = House(neighbourhood.house.rules, places.gazetteer(session), neighbourhood.house.public_url)
    ids = Ids(community, grid, compound, building, unit, company)
    neighbourhood.house = house
    other = Neighbourhood(session, ids, house, now=neighbourhood.now, events=100_000)
    return other
