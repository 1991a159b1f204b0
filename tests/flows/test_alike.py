"""Options with the same words can be told apart."""

from __future__ import annotations

from handlers.messages import Option
from handlers.prompts import distinct
from models.rules.meeting_workflow import ItemState, MeetingState
from tests.council import council
from tests.neighbourhood import Neighbourhood, Staff


def test_options_alike_are_numbered_and_share_no_synonym() -> None:
    given = (Option("路灯", "1", ("灯", "路灯")), Option("停车", "2", ("车",)), Option("路灯", "3", ("灯",)))
    assert distinct(given) == (
        Option("路灯（1）", "1"),
        Option("停车", "2", ("车",)),
        Option("路灯（2）", "3"),
    )


def test_of_two_items_with_one_title_the_chair_chooses_one(here: Neighbourhood, staff: Staff) -> None:
    sitting = council(here, staff, state=MeetingState.IN_SESSION, days=0)
    for _ in range(2):
        sitting.item("路灯", state=ItemState.LISTED)
    staff.zhao.says("表决")
    assert staff.zhao.labels == ["路灯（1）", "路灯（2）"]
    assert staff.zhao.says("路灯（2）").startswith("表决：路灯\n")
