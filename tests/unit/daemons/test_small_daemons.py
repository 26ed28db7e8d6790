"""Small daemons stay small (architecture, section 2): what they import is counted in memory."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["guardd", "hostd"])
def test_daemon_that_asks_nobody_imports_no_aiohttp(name: str) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, linebox.daemons.{name}; print('aiohttp' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert told.stdout.strip() == "False"
