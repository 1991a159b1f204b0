"""Where people live: street → community → grid, and compound → building → unit → room; a building is of one grid."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set


class Street(Base):
    __tablename__ = "streets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Community(Base):
    """``code`` is the 12-digit statistical division code; ``prefix`` begins its issues' numbers."""

    __tablename__ = "communities"

    id: Mapped[int] = mapped_column(primary_key=True)
    street_id: Mapped[int] = mapped_column(ForeignKey("streets.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str] = mapped_column(default="")


class Grid(Base):
    __tablename__ = "grids"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    name: Mapped[str]


class Compound(Base):
    """A residential compound (小区、家属院). ``grid_id`` is set where all its buildings are of one grid."""

    __tablename__ = "compounds"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"))
    name: Mapped[str]


class CompoundPoint(Base):
    """Where a compound lies, in WGS-84 degrees. Replaced, never changed, so that a new id says that it is another."""

    __tablename__ = "compound_points"
    __table_args__ = ({"sqlite_autoincrement": True},)  # no id is used twice

    id: Mapped[int] = mapped_column(primary_key=True)
    compound_id: Mapped[int] = mapped_column(ForeignKey("compounds.id"), unique=True)
    latitude: Mapped[float]
    longitude: Mapped[float]


class GridBorder(Base):
    """The area of a grid: a GeoJSON Polygon or MultiPolygon (RFC 7946: WGS-84, longitude first). Replaced as points."""

    __tablename__ = "grid_borders"
    __table_args__ = ({"sqlite_autoincrement": True},)  # no id is used twice

    id: Mapped[int] = mapped_column(primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("grids.id"), unique=True)
    border: Mapped[dict[str, Any]]


class CompoundAlias(Base):
    """Another name of a compound. Those a steward taught hold from that moment on; ``holds_from`` None: always."""

    __tablename__ = "compound_aliases"
    __table_args__ = (UniqueConstraint("compound_id", "alias"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compound_id: Mapped[int] = mapped_column(ForeignKey("compounds.id"))
    alias: Mapped[str] = mapped_column(index=True)
    holds_from: Mapped[datetime | None]
    taught_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))


class Building(Base):
    """``number`` is what people count by ("3", "3A"); ``name`` is how it is written ("3号楼")."""

    __tablename__ = "buildings"
    __table_args__ = (UniqueConstraint("compound_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compound_id: Mapped[int] = mapped_column(ForeignKey("compounds.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grids.id"), index=True)
    number: Mapped[str]
    name: Mapped[str]


class Unit(Base):
    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("building_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    number: Mapped[str]
    name: Mapped[str]


class Room(Base):
    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("unit_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    number: Mapped[str]


class Spot(Base):
    """A shop or a public place (便民超市, 北门广场) that people name instead of a building."""

    __tablename__ = "spots"
    __table_args__ = (UniqueConstraint("compound_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compound_id: Mapped[int] = mapped_column(ForeignKey("compounds.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grids.id"))
    name: Mapped[str]


class OrganisationKind(StrEnum):
    PROPERTY = "property"  # 物业
    OWNERS = "owners"  # 业委会
    DEPARTMENT = "department"  # 职能部门
    UTILITY = "utility"  # 水电气热
    PARTNER = "partner"  # 共建单位


class Organisation(Base):
    """A handling unit (承办单位). A property company may serve one compound only."""

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"))
    kind: Mapped[OrganisationKind] = mapped_column(closed_set(OrganisationKind))
    name: Mapped[str]
