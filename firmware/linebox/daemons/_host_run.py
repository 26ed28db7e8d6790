"""How hostd has the system's programs do something: a list of words, a time limit, clear errors."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from linebox.base.errors import Unavailable

LET_THE_ANSWER_OUT_S: Final = 1.0
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "SYSTEMD_COLORS": "0"}


def status(*words: str, limit_s: float = 10.0) -> int:
    """A program's exit status. Raises ``Unavailable("host-act-failed")`` when it doesn't end."""
    return _run(words, limit_s).returncode


def told(*words: str, limit_s: float = 10.0) -> str:
    """What a program says. Raises ``Unavailable("host-act-failed")`` when it fails."""
    done = _run(words, limit_s)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise Unavailable("host-act-failed", act=Path(words[0]).name, reason=reason[0][:200])
    return done.stdout


def after_the_answer(act: Callable[[], object]) -> None:
    """For what ends whoever carries the answer: it is done ``LET_THE_ANSWER_OUT_S`` from now."""
    threading.Timer(LET_THE_ANSWER_OUT_S, act).start()


def _run(words: tuple[str, ...], limit_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            "host-act-failed", act=Path(words[0]).name, reason=type(error).__name__
        ) from error
