"""One Asterisk a module; each test finds it without channels, members and locks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.dialplan_house import house
from fixtures.dialplan_line import Line, line_of


@pytest.fixture(scope="module")
def shared_line() -> Iterator[Line]:
    with line_of(house()) as made:
        yield made


@pytest.fixture
def line(shared_line: Line) -> Iterator[Line]:
    """The module's Asterisk with no channel, no member; afterwards no unannounced ERROR in its log."""
    for queue in ("g1", "g2"):
        for member in shared_line.members(queue):
            shared_line.rig.asterisk(f"queue remove member {member.split()[1]} from {queue}")
    for family in ("lb-who", "lb-at", "lb-in", "lb-lock"):
        shared_line.rig.asterisk(f"database deltree {family}")
    # No database here: look-ups take their default. The machine's name isn't known in the namespaces.
    shared_line.announced = ["SQLConnect", "func_odbc", "getaddrinfo"]
    shared_line.mark()
    yield shared_line
    shared_line.telephones.end()
    shared_line.quiet()
    assert shared_line.errors() == []
