"""The neighbourhood in which the conversations take place."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.flows.offices import Offices, opened
from tests.neighbourhood import Neighbourhood, Staff, settle, staffed


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    return settle(session)


@pytest.fixture
def staff(here: Neighbourhood) -> Staff:
    return staffed(here)


@pytest.fixture
def offices(here: Neighbourhood, staff: Staff) -> Offices:
    return opened(here)
