"""Runs inside the machine: lines of dahdi_lbsim, an Asterisk of its own on their box side, the exchange on the other.

``bench.pyz NAME [ARGUMENT...]`` (this folder, zipped) does one experiment and prints what came of it as one line of JSON; what
it means is test_lbsim.py's to say. The box's own Asterisk and lines aren't touched. Only the standard library and
linebox.hw.sim.exchange.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from calls import calls, figures, outgoing
from lines import down, lost, up
from trunk import audio, e1, e1_alarms, e1_counters
from wires import battery, faults, pull, pull_exchange, tune

EXPERIMENTS: dict[str, Callable[..., object]] = {
    act.__name__: act
    for act in (up, calls, figures, outgoing, battery, faults, tune, pull, pull_exchange, audio, e1, e1_alarms, e1_counters, down, lost)
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(EXPERIMENTS[sys.argv[1]](*sys.argv[2:])))
