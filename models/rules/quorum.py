"""How many households must be there. Pure arithmetic; the rules themselves are in :class:`QuorumRule`."""

from models.rules.meeting_workflow import QuorumRule


def needed(rule: QuorumRule, base: int) -> int:
    """The least number of households present, out of ``base`` that have a vote, with which a meeting may decide.

    "More than half" (过半数) is not half itself; "two thirds" (三分之二以上) is two thirds or more (民法典 1259). At
    least one: where nobody has a vote, nobody decides.
    """
    if rule is QuorumRule.TWO_THIRDS_OF_VOTERS:
        return max(1, -(-2 * base // 3))
    return base // 2 + 1


def base_of(rule: QuorumRule, *, voters: int, at_opening: int = 0, households: int | None = None) -> int:
    """Households out of which the quorum is counted: those with a vote (``voters``; ``at_opening``: when it was opened,
    which nothing lowers), of a 居民会议 all that live there, invited or not (``households``; 城市居民委员会组织法 10).
    """
    there = (households or 0) if rule is QuorumRule.RESIDENTS_ASSEMBLY else 0
    return max(voters, at_opening, there)
