"""From the board's words to the classes that serve them."""

from __future__ import annotations

from pathlib import Path

from linebox.hw.board import Board, Driver
from linebox.hw.protocols import Telephony
from linebox.hw.real.control import Master
from linebox.hw.real.dahdi import DahdiTelephony
from linebox.hw.real.monitor import Udev
from linebox.hw.sim.scenario import Scenario
from linebox.hw.sim.telephony import SimTelephony


def telephony(board: Board, scenario: Scenario) -> Telephony:
    """The cards of this board; ``scenario`` is what a simulated one plays."""
    match board.telephony.driver:
        case Driver.DAHDI:
            return DahdiTelephony(Path("/"), Master(), board.telephony, Udev())
        case Driver.SIM:
            return SimTelephony(scenario)
