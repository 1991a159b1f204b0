"""Who comes in where a steward and a company are not enough: two more units, and the street."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from models.base import insert_row
from models.community import Organisation, OrganisationKind, Street
from models.member import Grant
from models.rules.posts import Role, ScopeKind
from services import members
from tests.neighbourhood import Neighbourhood, Person


@dataclass(frozen=True)
class Offices:
    """城管执法中队 with 周, 供热公司 where nobody can be written to, 消防救援站 with 郑, and 吴 of the street."""

    zhou: Person
    zheng: Person
    wu: Person


def opened(here: Neighbourhood) -> Offices:
    zhou, zheng, wu = here.person("zhou"), here.person("zheng"), here.person("wu")
    for name, person in (("城管执法中队", zhou), ("供热公司", None), ("消防救援站", zheng)):
        organisation = insert_row(
            here.session,
            Organisation,
            community_id=here.ids.community,
            compound_id=None,
            kind=OrganisationKind.DEPARTMENT,
            name=name,
        )
        if person is None:
            members.post_for(
                here.session,
                role=Role.HANDLER,
                scope_kind=ScopeKind.ORGANISATION,
                scope_id=organisation,
                community_id=here.ids.community,
                label=name,
            )
        else:
            here.appoint(person, Role.HANDLER, ScopeKind.ORGANISATION, organisation, name)
    street = here.session.scalars(select(Street)).one()
    post = members.post_for(
        here.session,
        role=Role.STREET,
        scope_kind=ScopeKind.STREET,
        scope_id=street.id,
        community_id=None,
        label=street.name,
    )
    insert_row(
        here.session, Grant, member_id=wu.member_id, post_id=post.id, starts_at=here.now, confirmed_at=here.now
    )
    for person in (zhou, zheng, wu):
        person.says("你好")
    return Offices(zhou, zheng, wu)
