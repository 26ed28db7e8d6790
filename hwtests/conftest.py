"""One machine for the whole session, new from the factory; each test finds it running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest
from labgrid import Target

from fixtures.exchange import ExchangeClient
from machine import Machine

PORT = int(os.environ.get("LINEBOX_VM_PORT", "9543"))
_numbers = count(1)


@pytest.fixture(scope="session")
def machine(target: Target) -> Iterator[Machine]:
    """Switched on for the first time."""
    box = Machine(target, ExchangeClient("127.0.0.1", port=PORT + 1))
    box.cut_power()
    box.forget()
    box.power_on()
    yield box
    box.cut_power()


@pytest.fixture
def running(machine: Machine) -> Machine:
    """Up, whatever the test before did."""
    machine.running()
    return machine


@pytest.fixture
def caller() -> str:
    """A mobile number that no other call of the session has."""
    return f"1390001{next(_numbers):04d}"
