"""hostd's border on a real socket: declared acts and nothing else, clear refusals, gone when idle."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from linebox.base.errors import InputError, Unavailable
from linebox.config.paths import Paths
from linebox.daemons import _host_network, hostd
from linebox.daemons._light_http import Act, Server


class Line(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("hostd", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))


def ask(
    path: Path, method: str, what: str, body: str | None = None, **headers: str
) -> tuple[int, Any]:
    line = Line(path)
    line.request(method, what, body, headers)
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def listening(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    made.listen()
    return made


@contextmanager
def served(path: Path, acts: dict[tuple[str, str], Act]) -> Iterator[Server]:
    server = Server(listening(path), acts)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield server
    server.shutdown()


def test_only_declared_acts_are_done(tmp_path: Path) -> None:
    def refuse(_body: object, _path: object) -> object:
        raise InputError("network-nothing-waits")

    def away(_body: object, _path: object) -> object:
        raise Unavailable("host-act-failed", act="ip", reason="away")

    def fails(_body: object, _path: object) -> object:
        raise RuntimeError("a fault of ours")

    path = tmp_path / "api.sock"
    acts: dict[tuple[str, str], Act] = {
        ("POST", "/echo/(?P<word>[a-z]{1,5})"): lambda body, at: {"body": body, **at},
        ("GET", "/refuse"): refuse,
        ("GET", "/away"): away,
        ("GET", "/fails"): fails,
    }
    with served(path, acts) as server:
        assert ask(path, "POST", "/echo/abc", "[1]") == (200, {"body": [1], "word": "abc"})
        for method, what in (("GET", "/echo/abc"), ("POST", "/echo/abc/x"), ("GET", "/etc/passwd")):
            assert ask(path, method, what)[0] == 404, what
        assert ask(path, "POST", "/echo/abcdef", "{}")[0] == 404
        assert ask(path, "POST", "/echo/abc", "{")[1]["code"] == "bad-json"
        assert ask(path, "POST", "/echo/abc", "{}", **{"Content-Length": "5000000"})[0] == 413
        assert ask(path, "GET", "/refuse")[0] == 409
        status, told = ask(path, "GET", "/away")
        assert (status, told["code"]) == (503, "host-act-failed")
        assert told["zh"] and told["en"]
        assert ask(path, "GET", "/fails")[0] == 500
        until_s = time.monotonic() + 10
        while not server.idle_s and time.monotonic() < until_s:  # the answer comes before its end
            time.sleep(0.01)
        assert server.idle_s > 0


def test_it_leaves_when_idle_but_not_while_an_address_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hostd, "IDLE_S", 0.3)
    monkeypatch.setattr(hostd, "_TEND_EVERY_S", 0.05)
    monkeypatch.setattr(hostd.Hostd, "tend", lambda self: None)
    waits = threading.Event()
    waits.set()
    monkeypatch.setattr(_host_network.Networks, "waits", lambda self: waits.is_set())
    monkeypatch.setattr(_host_network.Networks, "watch", lambda self: None)
    made = hostd.Hostd(Paths(root=tmp_path))
    running = threading.Thread(
        target=hostd.serve, args=(made, listening(tmp_path / "api.sock")), daemon=True
    )
    running.start()
    running.join(1.0)
    assert running.is_alive(), "the deadline is held"
    waits.clear()
    running.join(5.0)
    assert not running.is_alive()
