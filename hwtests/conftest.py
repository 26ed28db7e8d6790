"""One machine for the whole session, new from the factory; each test finds it running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest
from labgrid import Target

from box_api import BoxApi
from fixtures.exchange import ExchangeClient
from machine import MAIN, Machine, in_service, until

PORT = int(os.environ.get("LINEBOX_VM_PORT", "9543"))
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last what puts more cards into service: dahdi_lbsim's, which test_lbsim.py wants for itself."""
    items.sort(key=lambda item: item.path.name in ("test_faults.py", "test_lab.py"))


@pytest.fixture(scope="session")
def machine(target: Target) -> Iterator[Machine]:
    """Switched on for the first time. ``LINEBOX_VM_ON``: the one that runs is taken as it is, and
    left so, for whoever writes a test."""
    box = Machine(target, ExchangeClient("127.0.0.1", port=PORT + 1))
    if os.environ.get("LINEBOX_VM_ON"):
        yield box
        return
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


@pytest.fixture(scope="session")
def lines(machine: Machine) -> Machine:
    """The first E1 is a trunk, the four outside lines are another; what the box found is in service."""
    machine.running()
    api = until("its pages answer", lambda: BoxApi(machine), within_s=300, every_s=5)
    until("the cards are filed", lambda: len(api.own_ports()) == 8, within_s=300, every_s=5)

    def are_trunks() -> bool:
        """Confd may still be starting: asked again."""
        if any(trunk["kind"] == "e1" for trunk in api.items("trunks")):
            return True
        spans, ports = api.own_spans(), api.own_ports()
        outside = [port for port in ports if port["kind"] == "fxo"]
        api.apply(
            [
                {"what": "trunk", "after": {"name": "telecom", "kind": "e1"}, "ref": "new:1"},
                {"what": "trunk", "after": {"name": "lines", "kind": "analog"}, "ref": "new:2"},
                *(
                    api.change("span", span, trunk_id="new:1")
                    for span in spans
                    if span["kind"] == "e1"
                ),
                *(api.change("port", port, trunk_id="new:2", number=MAIN) for port in outside),
            ]
        )
        return True

    until("they are trunks", are_trunks, within_s=600, every_s=10)
    in_service(machine)
    return machine


@pytest.fixture
def caller() -> str:
    """A mobile number that no other call of the session has."""
    return f"1390001{next(_numbers):04d}"
