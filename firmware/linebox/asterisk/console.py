"""Asterisk's console socket without Asterisk's program: one command, its words.

For who may have no AMI (boardd). What is spoken there: main/asterisk.c, ``ast_remotecontrol``.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Final

from linebox.base.errors import Unavailable

_GREETING: Final = 1024
_MOST: Final = 4 * 2**20
#: Colours and cursor moves of a terminal.
_MARKS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
#: An answer begins with the console's own word on how loud it is.
_OWN: Final = re.compile(r"^(?:Console|Remote) .* \(pid [0-9]+\).*$", re.M)


def command(words: str, path: Path, *, limit_s: float = 5.0) -> str:
    """What Asterisk says to ``words``. Raises ``Unavailable("asterisk-away")``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(limit_s)
        try:
            line.connect(str(path))
            line.recv(_GREETING)  # host, process, version
            line.sendall(f"cli quit after {words}".encode() + b"\0")
            said = bytearray()
            while len(said) < _MOST and (part := line.recv(65536)):
                said += part
        except OSError as error:
            raise Unavailable("asterisk-away", reason=str(error)) from error
    text = said.replace(b"\0", b"").decode("utf-8", errors="replace")
    return _OWN.sub("", _MARKS.sub("", text)).strip()
