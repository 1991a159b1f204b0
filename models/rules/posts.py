"""Posts (岗位): a role with the place or organisation it is for. A post holds an issue; people come and go."""

from enum import StrEnum


class Role(StrEnum):
    STEWARD = "steward"  # 红管家, of a unit or a building
    SECRETARY = "secretary"  # 网格党支部书记、网格长, of a grid
    COMMUNITY = "community"  # 社区工作人员, of a community
    STREET = "street"  # 街道, of a street
    HANDLER = "handler"  # 承办单位经办人, of an organisation
    ADMINISTRATOR = "administrator"  # 管理员, of a community


class ScopeKind(StrEnum):
    UNIT = "unit"
    BUILDING = "building"
    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    ORGANISATION = "organisation"


class Rung(StrEnum):
    """Whose turn it is: corridor → grid → community → street."""

    CORRIDOR = "corridor"
    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"


SCOPES: dict[Role, frozenset[ScopeKind]] = {
    Role.STEWARD: frozenset({ScopeKind.UNIT, ScopeKind.BUILDING}),
    Role.SECRETARY: frozenset({ScopeKind.GRID}),
    Role.COMMUNITY: frozenset({ScopeKind.COMMUNITY}),
    Role.STREET: frozenset({ScopeKind.STREET}),
    Role.HANDLER: frozenset({ScopeKind.ORGANISATION}),
    Role.ADMINISTRATOR: frozenset({ScopeKind.COMMUNITY}),
}

RUNGS: dict[Role, Rung] = {
    Role.STEWARD: Rung.CORRIDOR,
    Role.SECRETARY: Rung.GRID,
    Role.COMMUNITY: Rung.COMMUNITY,
    Role.STREET: Rung.STREET,
}

#: Roles that a second person confirms after the invitation was taken up (security.md).
CONFIRMED_ROLES = frozenset({Role.STEWARD, Role.SECRETARY, Role.COMMUNITY, Role.STREET})

#: Roles that may confirm others of their community.
CONFIRMING_ROLES = frozenset({Role.COMMUNITY, Role.ADMINISTRATOR})
