"""Where a matter is: a compound by name, alias, short form or likeness, building, unit, floor, room; else the person's
own home or the pin they sent; else unknown. Every candidate with its confidence and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from understanding.address.doors import Door, Span, doors, whole
from understanding.place import weighing
from understanding.place.gazetteer import Gazetteer, Home, Location, Named
from understanding.place.landmark import BESIDE, NEARBY, OWN_HOME, OWN_HOUSE, OWN_UNIT, relative
from understanding.place.mention import Evidence, Mention, mentions
from understanding.place.written import written_compound
from understanding.segment import LONGEST, plain

SURE = 0.75
AHEAD = 0.2


class WrittenPlace(NamedTuple):
    """The pieces as the person wrote them, "" where absent."""

    compound: str = ""
    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""


NOTHING_WRITTEN = WrittenPlace()


class Candidate(NamedTuple):
    compound_id: int
    building_id: int | None
    unit_id: int | None
    spot_id: int | None
    confidence: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What was understood, not more: ids are None where nothing known was named or where it is not `sure`. Numbers are
    as people count ("三号楼" is "3"), also where no such building is known, and empty where the home was taken.
    `from_home` says that the text named neither compound nor building, unit or spot. `candidates` are at most three,
    the best first, for the question which one; `confidence` and `evidence` are the first one's. `buildings` are all
    building numbers named, where several are."""

    compound_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None
    spot_id: int | None = None
    room: str = ""
    building_number: str = ""
    unit_number: str = ""
    from_home: bool = False
    candidates: tuple[Candidate, ...] = ()
    floor: str = ""
    written: WrittenPlace = NOTHING_WRITTEN
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    buildings: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the best candidate is likely and clearly ahead: else a question is needed."""
        return _sure(self.candidates)


class Located(NamedTuple):
    """`spans` name the place (compound, building, unit, room); `names` are all compounds and spots named, and a
    compound that is written and not known."""

    place: Place
    spans: tuple[Span, ...]
    names: tuple[Span, ...]


class _Doors(NamedTuple):
    """What all doors of a text come to: each part from the first that names it."""

    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    buildings: tuple[str, ...] = ()
    written: WrittenPlace = NOTHING_WRITTEN
    spans: tuple[Span, ...] = ()


def find_place(text: str, gazetteer: Gazetteer, home: Home | None = None, location: Location | None = None) -> Place:
    return locate(text[:LONGEST], gazetteer, home or Home(), location).place


def locate(text: str, gazetteer: Gazetteer, home: Home, location: Location | None = None) -> Located:
    """The place a text of at most 2,000 characters names, and where it is written."""
    plainly = plain(text)
    found = mentions(plainly, gazetteer)
    compound = _main([mention for mention in found if mention.meanings])
    span = (compound.start, compound.end) if compound else written_compound(plainly)
    beside = relative(plainly)
    door = _read_doors(text, plainly, compound, found, beside)
    if span:
        door = door._replace(written=door.written._replace(compound=text[slice(*span)]))
    pin = dict(gazetteer.nearest(location)) if location else {}
    spot = _spot(found, compound, home)
    own = OWN_HOUSE.search(plainly)
    nearby = NEARBY.search(plainly) if spot is None and compound is None and not door.building else None
    if compound:
        words = text[compound.start : compound.end]
        weighed = weighing.named(compound, words, building=door.building, home=home, pin=pin, gazetteer=gazetteer)
        if not compound.firm and home.compound_id is not None and weighing.best(weighed)[0].confidence < SURE:
            weighed.append(weighing.Weighed(home.compound_id, 0.4, (Evidence("home", ""),)))
    elif spot:
        weighed = [weighing.Weighed(spot.compound_id, spot.confidence, ())]
    else:
        weighed = weighing.unnamed(
            own.group() if own else "", own=own is not None, unknown=_elsewhere(plainly, span), building=door.building,
            home=home, pin=pin, gazetteer=gazetteer,
        )  # fmt: skip
    more = [Evidence("landmark", text[slice(*beside)])] if beside and not door.building else []
    if spot:
        more.append(Evidence("spot", _words_of(text, found, spot)))
    elif nearby:
        more.append(Evidence("spot", text[slice(*nearby.span())]))
    from_home = not (compound or door.building or door.unit or spot) and (
        home.compound_id is not None and bool(weighed) and weighing.best(weighed)[0].compound_id == home.compound_id
    )
    asked = _Asked(
        door, spot, bool(more) and spot is None, nearby["shop"] if nearby else "", from_home,
        own is not None, OWN_UNIT.search(plainly) is not None,
    )  # fmt: skip
    candidates = tuple(_candidate(each, asked, more, home, gazetteer) for each in weighing.best(weighed))
    own_room = home.room if from_home and OWN_HOME.search(plainly) else ""
    spans = [*door.spans]
    if compound:
        spans += [(each.start, each.end) for each in found if _ids(each) == _ids(compound)]
    place = _place(candidates, door, from_home=from_home, own_room=own_room)
    names = tuple((each.start, each.end) for each in found)
    return Located(place, tuple(spans), (*names, span) if span else names)


def _elsewhere(plainly: str, span: Span | None) -> bool:
    """Whether a compound is named that we do not know, other than to say what is beside the own one."""
    return span is not None and not BESIDE.search(plainly, max(0, span[0] - 5), span[0])


def _main(compounds: list[Mention]) -> Mention | None:
    """The first with a door behind it, else the first named firmly, else the likeliest."""
    firm = {_ids(each) for each in compounds if each.firm}
    return min(
        compounds,
        key=lambda each: (
            _ids(each) not in firm, not each.door, 0 if _ids(each) in firm else -_likeliest(each), each.start,
        ),
        default=None,
    )  # fmt: skip


def _ids(mention: Mention) -> frozenset[int]:
    return frozenset(meaning.compound_id for meaning in mention.meanings)


def _likeliest(mention: Mention) -> float:
    return max(meaning.confidence for meaning in mention.meanings)


def _read_doors(text: str, plainly: str, compound: Mention | None, found: list[Mention], beside: Span | None) -> _Doors:
    """The compound's own door first, then the others that are not another compound's nor part of a landmark."""
    own_ids = _ids(compound) if compound else None
    others = {each.door.span[0] for each in found if each.door and each.meanings and _ids(each) != own_ids}
    read = [each for each in doors(plainly) if each.span[0] not in others and not _overlap(each.span, beside)]
    if compound and compound.door and not _overlap(compound.door.span, beside):
        own = compound.door
        read = [own, *(each for each in read if not _overlap(each.span, own.span) or each.building != own.building)]
    if not read:
        read = [each for each in (whole(plainly),) if each]
    if not read:
        return _Doors()
    first = next((each for each in read if each.building), read[0])
    order = [first, *(each for each in read if each is not first and each.building in ("", first.building))]
    unit, floor, room = (next((each for each in order if each[part]), first) for part in (1, 2, 3))
    written = WrittenPlace(
        "",
        _as_written(text, plainly, first, first.written.building),
        _as_written(text, plainly, unit, unit.written.unit),
        _as_written(text, plainly, floor, floor.written.floor),
        _as_written(text, plainly, room, room.written.room),
    )
    numbers = tuple(dict.fromkeys(each.building for each in read if each.building))
    spans = tuple(dict.fromkeys(each.span for each in (first, unit, floor, room)))
    several = numbers if len(numbers) > 1 else ()
    return _Doors(first.building, unit.unit, floor.floor, room.room, several, written, spans)


def _as_written(text: str, plainly: str, door: Door, piece: str) -> str:
    """The piece in the person's own characters: full-width stays full-width."""
    at = plainly.find(piece, *door.span) if piece else -1
    return text[at : at + len(piece)] if at >= 0 else piece


def _overlap(one: Span, other: Span | None) -> bool:
    return other is not None and one[0] < other[1] and other[0] < one[1]


def _spot(found: list[Mention], compound: Mention | None, home: Home) -> Named | None:
    """A spot of the compound; where none is named, of the home; else the only spot of that name anywhere."""
    ids = _ids(compound) if compound else {home.compound_id}
    for mention in found:
        here = [each for each in mention.spots if each.compound_id in ids]
        if len(here) == 1 or (here and not compound):
            return here[0]
        if compound is None and len(mention.spots) == 1:
            return mention.spots[0]
    return None


def _words_of(text: str, found: list[Mention], spot: Named) -> str:
    return next(text[each.start : each.end] for each in found if spot in each.spots)


class _Asked(NamedTuple):
    """What every candidate is asked: has it this door, this spot; and is it told by the home alone."""

    door: _Doors
    spot: Named | None
    beside: bool
    shop: str
    from_home: bool
    own_house: bool
    own_unit: bool


def _candidate(
    weighed: weighing.Weighed, asked: _Asked, more: list[Evidence], home: Home, gazetteer: Gazetteer
) -> Candidate:
    compound_id = weighed.compound_id
    building = gazetteer.building_id(compound_id, asked.door.building) if asked.door.building else None
    unit = gazetteer.unit_id(building, asked.door.unit) if asked.door.unit else None
    spot = asked.spot.spot_id if asked.spot and asked.spot.compound_id == compound_id else None
    if spot is None and asked.shop:
        like = gazetteer.spots_like(compound_id, asked.shop)
        spot = like[0] if len(like) == 1 else None
    if compound_id == home.compound_id:
        landmark = any(each.kind == "landmark" for each in more)
        if not asked.door.building and asked.spot is None and not landmark:
            if asked.from_home or asked.own_house or asked.door.unit:
                building = home.building_id
                unit = gazetteer.unit_id(building, asked.door.unit) if asked.door.unit else None
            if not asked.door.unit and not asked.beside and (asked.from_home or asked.own_house):
                unit = home.unit_id
        elif building is not None and building == home.building_id and not asked.door.unit and asked.own_unit:
            unit = home.unit_id
    evidence = (*weighed.evidence, *more)
    return Candidate(compound_id, building, unit, spot, weighed.confidence, evidence)


def _sure(candidates: tuple[Candidate, ...]) -> bool:
    if not candidates or candidates[0].confidence < SURE:
        return False
    return len(candidates) == 1 or candidates[0].confidence - candidates[1].confidence >= AHEAD - 1e-9


def _place(candidates: tuple[Candidate, ...], door: _Doors, *, from_home: bool, own_room: str) -> Place:
    first = candidates[0] if candidates else None
    settled = first if first and _sure(candidates) else None
    return Place(
        settled.compound_id if settled else None,
        settled.building_id if settled else None,
        settled.unit_id if settled else None,
        settled.spot_id if settled else None,
        door.room or own_room,
        door.building,
        door.unit,
        from_home and settled is not None,
        candidates,
        door.floor,
        door.written,
        first.confidence if first else 0.0,
        first.evidence if first else (),
        door.buildings,
    )
