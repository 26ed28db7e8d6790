"""What hostd tells of the clock, from chrony's own words (SET-1)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.base.errors import InputError, Unavailable
from linebox.config.paths import Paths
from linebox.daemons import _host_clock
from linebox.daemons._host_clock import Clocks
from linebox.features.host.model import ClockWish

TRACKING = (
    "CB00710F,time.example.org,2,1795393698.8,-0.001234567,0.00000007,0.0000006,"
    "0.062,0.003,1.088,0.0000085,0.0000007,64.2,Normal\n"
)
UNSYNCHRONISED = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"
CONTAINERS, OWN = "CapBnd:\t00000000a80425fb\n", "CapBnd:\t000001ffffffffff\n"


def clocks(tmp_path: Path, *, capabilities: str = OWN) -> Clocks:
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/status").write_text(f"Name:\tsystemd\n{capabilities}")
    at = Paths(root=tmp_path)
    at.share.mkdir(parents=True)
    (at.share / "factory.sources").write_text("pool factory.example iburst\n")
    (tmp_path / "data/clock").mkdir(parents=True)
    return Clocks(at, proc=tmp_path / "proc")


def says(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> list[tuple[str, ...]]:
    """``answer``: what chronyc tells of its tracking; None: no daemon. Gives what was run."""
    ran: list[tuple[str, ...]] = []

    def told(*words: str, limit_s: float = 10.0) -> str:
        ran.append(words)
        if "tracking" not in words:
            return ""
        if answer is None:
            raise Unavailable("host-act-failed", act="chronyc", reason="no daemon")
        return answer

    monkeypatch.setattr(_host_clock.run, "told", told)
    return ran


@pytest.mark.req("SET-1")
def test_a_kept_clock_names_its_source_and_how_far_it_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, TRACKING)
    clock = clocks(tmp_path).look()
    assert (clock.state, clock.source) == ("synchronised", "time.example.org")
    assert clock.offset_ms == pytest.approx(-1.235)


@pytest.mark.req("SET-1")
@pytest.mark.parametrize(
    ("answer", "state"), [(UNSYNCHRONISED, "searching"), (None, "by-hand"), ("506 no\n", "by-hand")]
)
def test_a_clock_that_nothing_keeps_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, state: str
) -> None:
    says(monkeypatch, answer)
    clock = clocks(tmp_path).look()
    assert (clock.state, clock.source, clock.offset_ms) == (state, None, None)


@pytest.mark.req("SET-1")
def test_servers_are_kept_and_given_back_to_the_factory_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = says(monkeypatch, UNSYNCHRONISED)
    one, folder = clocks(tmp_path), tmp_path / "data/clock"
    told = one.set(ClockWish(servers=("ntp.lan", "192.0.2.1")))
    assert told.servers == ("ntp.lan", "192.0.2.1")
    kept = (folder / "owner.sources").read_text()
    assert kept == "server ntp.lan iburst\nserver 192.0.2.1 iburst\n"
    assert ("chronyc", "reload", "sources") in ran
    assert one.set(ClockWish(servers=())).servers == ()
    assert (folder / "factory.sources").exists() and not (folder / "owner.sources").exists()


@pytest.mark.req("SET-1")
def test_a_container_s_clock_and_one_that_is_kept_are_not_set_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = says(monkeypatch, TRACKING)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="clock-not-ours"):
        clocks(tmp_path / "a", capabilities=CONTAINERS).set(ClockWish(at=at))
    with pytest.raises(InputError, match="clock-synchronised"):
        clocks(tmp_path / "b").set(ClockWish(at=at))
    assert not any("set-time" in words for words in ran)


@contextmanager
def chronyd(folder: Path, name: str, *lines: str) -> Iterator[None]:
    """A daemon that leaves this machine's clock alone (``-x``)."""
    conf = folder / f"{name}.conf"
    conf.write_text("\n".join((*lines, f"pidfile {folder / name}.pid", "")))
    words = ["chronyd", "-x", "-d", "-u", "root", "-f", str(conf)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            yield
        finally:
            running.terminate()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.req("SET-1")
@pytest.mark.skipif(shutil.which("chronyd") is None, reason="chrony is in the development tree")
def test_a_real_chronyd_s_offset_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is a server; the other takes its time for 0.25 s wrong, and may not correct it."""
    serves, told_at = free_port(), free_port()
    plain = _host_clock.run.told
    monkeypatch.setattr(
        _host_clock.run,
        "told",
        lambda *words, **more: plain(
            words[0], "-h", "127.0.0.1", "-p", str(told_at), *words[1:], **more
        ),
    )
    one = clocks(tmp_path)
    local = ("bindaddress 127.0.0.1", "bindcmdaddress 127.0.0.1")
    with (
        chronyd(tmp_path, "server", "local stratum 8", "allow", f"port {serves}", "cmdport 0", *local),
        chronyd(
            tmp_path, "client", "port 0", f"cmdport {told_at}", *local,
            f"server 127.0.0.1 port {serves} offset 0.25 iburst minpoll -2 maxpoll -2",
        ),
    ):  # fmt: skip
        end = time.monotonic() + 20
        while (clock := one.look()).state != "synchronised" and time.monotonic() < end:
            time.sleep(0.2)
    assert (clock.state, clock.source) == ("synchronised", "127.0.0.1")
    assert clock.offset_ms == pytest.approx(250, abs=20)
