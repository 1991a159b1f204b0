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
