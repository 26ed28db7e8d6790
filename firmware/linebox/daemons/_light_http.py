"""The border of hostd and boardd: HTTP on a Unix socket, JSON in shapes, one change at a time.

Only the standard library: what runs as root imports little, and these are small.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Final
from urllib.parse import parse_qsl, unquote

from linebox.base.clock import monotonic_s
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.messages import told, told_error
from linebox.base.shapes import render

log = logging.getLogger(__name__)

#: What is done with a request's body and the words of its path and query. Its answer is sent as
#: JSON, ``bytes`` as a ZIP, an iterator line by line as long as it goes and the reader listens.
type Act = Callable[[object, Mapping[str, str]], object]

_MAX_BODY: Final = 4 * 2**20
_READ_S: Final = 10.0
#: States that aren't told by the kind of error alone.
_STATES: Final = {
    "not-found": 404,
    "invalid-input": 422,
    "bad-json": 422,
    "body-too-large": 413,
}


class Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    """Serves ``acts`` by (method, path as a regular expression) for the daemon ``name``."""

    daemon_threads = True

    def __init__(
        self, listening: socket.socket, acts: Mapping[tuple[str, str], Act], *, name: str = "hostd"
    ) -> None:
        super().__init__(name, _Handler)
        self.name = name
        self.socket = listening
        self.acts = acts
        self.one_at_a_time = threading.Lock()
        self._count = threading.Lock()
        self._busy = 0
        self._last_s = monotonic_s()

    @property
    def idle_s(self) -> float:
        """Seconds since the last request ended; 0 while there is one."""
        with self._count:
            return 0.0 if self._busy else monotonic_s() - self._last_s

    def counted(self, change: int) -> None:
        with self._count:
            self._busy += change
            self._last_s = monotonic_s()

    # socketserver's own hooks
    def fileno(self) -> int:
        return self.socket.fileno()

    def get_request(self) -> tuple[socket.socket, str]:
        made, _ = self.socket.accept()
        made.settimeout(_READ_S)
        return made, "peer"

    def handle_error(self, request: object, client_address: object) -> None:
        log.exception("a request failed")


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.counted(1)
        try:
            self.handle_one_request()
        finally:
            self.server.counted(-1)

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        try:
            given = self._act(method)
        except LineboxError as error:
            log.warning("%s %s: %s", method, self.path, error.code)
            self._send(_state(error), told_error(error))
        except Exception:
            log.exception("%s %s failed", method, self.path)
            self._send(500, told("internal-error", {"request_id": self.server.name}))
        else:
            if isinstance(given, Iterator):
                self._stream(given)
            else:
                self._send(200, given if isinstance(given, bytes) else render(given))

    def _act(self, method: str) -> object:
        asked, _, query = self.path.partition("?")
        # Before anything is refused: who still writes would be told a broken pipe.
        sent = self._sent() if method == "POST" else b""
        for (known, path), act in self.server.acts.items():
            if known == method and (found := re.fullmatch(path, asked)):
                words = {name: unquote(word) for name, word in found.groupdict().items()}
                words |= dict(parse_qsl(query))
                if method == "GET":
                    return act(None, words)
                body = _json(sent)
                with self.server.one_at_a_time:
                    log.info("%s", asked)
                    return act(body, words)
        raise InputError("not-found")

    def _sent(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise InputError("bad-json")
        if int(length) > _MAX_BODY:
            raise InputError("body-too-large", max_bytes=_MAX_BODY)
        try:
            return self.rfile.read(int(length))
        except TimeoutError as error:
            raise InputError("bad-json") from error

    def _send(self, state: int, body: object) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        kind = "application/zip" if isinstance(body, bytes) else "application/json"
        self.send_response(state)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, lines: Iterator[bytes]) -> None:
        """Until ``lines`` end; a reader that went away, or takes nothing for 10 s, ends them."""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError):
            for line in lines:
                self.wfile.write(line)

    def log_message(self, format: str, *args: object) -> None:
        """Acts are logged by ``_act``; what is asked often isn't."""


def _state(error: LineboxError) -> int:
    if error.code in _STATES:
        return _STATES[error.code]
    match error:
        case InputError():
            return 409
        case Unavailable():
            return 503
        case _:
            return 500


def _json(sent: bytes) -> object:
    try:
        return json.loads(sent)
    except (ValueError, RecursionError) as error:
        raise InputError("bad-json") from error
