"""The neighbourhood in which the services do their deeds."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.neighbourhood import Neighbourhood, Staff, settle, staffed


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    return settle(session)


@pytest.fixture
def staff(here: Neighbourhood) -> Staff:
    return staffed(here)
