"""The box's addresses: read them, change them with a way back (SET-1).

A change is armed before it is made: ``/data/network/unconfirmed`` says until when it must be
confirmed, ``before/`` holds the port's file as it was, empty when there was none. Whoever finds
that deadline passed puts it back: this process, its successor after a kill, or ``network-prepare``
at the next boot.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from linebox.base.clock import monotonic_s
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.files import settle, write_whole
from linebox.base.shapes import problem
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.features.host import network as rules
from linebox.features.host.model import (
    Interface,
    Network,
    NetworkArmed,
    NetworkWish,
    PendingChange,
    Way,
)

log = logging.getLogger(__name__)

#: How long a change waits for its confirmation.
CONFIRM_S: Final = 60
#: The answer leaves before the address under it does.
_ANSWER_FIRST_S: Final = 1.0
#: networkd needs a moment for what it is told.
_SET_WITHIN_S: Final = 10.0
#: The box's name in the local network (avahi-daemon.conf).
NAME: Final = "linebox.local"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Armed:
    """``unconfirmed``: ``until_s`` by the boot's own clock, ``until`` for people's."""

    token: str
    boot: str
    interface: str
    way: Way
    address: str | None
    until_s: float
    until: str
    made: bool


class Networks:
    """The acts on ``/data/network``; ``proc`` and ``sys`` are the kernel's."""

    def __init__(self, at: Paths, *, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> None:
        self._folder = at.data / "network"
        self._factory = at.root / "usr/lib/systemd/network"
        self._links = at.root / "run/systemd/netif/links"
        self._resolv = at.run / "hostd/resolv.conf"
        self._proc = proc
        self._sys = sys
        self._lock = threading.RLock()
        self._wake = threading.Event()

    # --- what is ---

    def look(self) -> Network:
        """The ports as the kernel has them, and what waits."""
        armed = self._armed()
        try:
            put_back = datetime.fromisoformat((self._folder / "put-back").read_text().strip())
        except (OSError, ValueError):
            put_back = None
        return Network(
            name=NAME,
            interfaces=tuple(self._interfaces()),
            pending=None if armed is None else _pending(armed),
            put_back_at=put_back,
        )

    def addresses(self) -> list[str]:
        """Every address by which somebody may reach the box, one that is about to come too."""
        found = [
            address.partition("/")[0] for port in self._interfaces() for address in port.addresses
        ]
        armed = self._armed()
        return found + ([armed.address] if armed and armed.address else [])

    def _interfaces(self) -> list[Interface]:
        routes = json.loads(run.told("ip", "-j", "-4", "route", "show", "default"))
        gateways = {one["dev"]: one["gateway"] for one in reversed(routes) if "gateway" in one}
        ports = []
        for one in json.loads(run.told("ip", "-j", "address", "show")):
            if one.get("link_type") != "ether":
                continue
            told = rules.words(self._links / str(one["ifindex"]))
            info = [
                f"{a['local']}/{a['prefixlen']}"
                for a in one["addr_info"]
                if a.get("scope") == "global" or a["family"] == "inet"
            ]
            ports.append(
                Interface(
                    name=one["ifname"],
                    mac=one.get("address", ""),
                    link="LOWER_UP" in one["flags"],
                    speed_mbit=self._speed(one["ifname"]),
                    way=self._way(one["ifname"], told),
                    addresses=tuple(info),
                    gateway=gateways.get(one["ifname"]),
                    dns=tuple(told.get("DNS", "").split()),
                )
            )
        return ports

    def _speed(self, name: str) -> int | None:
        try:
            speed = int((self._sys / "class/net" / name / "speed").read_text())
        except (OSError, ValueError):
            return None
        return speed if speed > 0 else None

    def _way(self, name: str, told: dict[str, str]) -> Way:
        for path in (self._file(name), Path(told.get("NETWORK_FILE", "/nonexistent"))):
            try:
                return rules.way_of(path.read_text("utf-8"))
            except OSError:
                continue
        return "static"

    def resolve(self) -> None:
        """``/etc/resolv.conf`` (a link to ours) names the servers that networkd knows."""
        servers = [name for port in self._interfaces() for name in port.dns]
        text = rules.resolv_conf(dict.fromkeys(servers[:3]))
        if not self._resolv.exists() or self._resolv.read_text() != text:
            write_whole(self._resolv, text, mode=0o644)

    # --- what is to be ---

    def change(self, wish: NetworkWish) -> NetworkArmed:
        """Check a wish, arm it, answer; it is made ``_ANSWER_FIRST_S`` later.

        Raises ``InputError``: ``invalid-input``, ``network-change-waits``.
        """
        with self._lock:
            if self._armed():
                raise InputError("network-change-waits")
            ports = self._interfaces()
            others = [a for p in ports if p.name != wish.interface for a in p.addresses]
            rules.check(wish, ports=[port.name for port in ports], others=others)
            self._probe(wish, next(port for port in ports if port.name == wish.interface))
            token = secrets.token_urlsafe(24)
            until = datetime.now(UTC) + timedelta(seconds=CONFIRM_S)
            armed = _Armed(
                token=_digest(token),
                boot=self._boot(),
                interface=wish.interface,
                way=wish.way,
                address=wish.address,
                until_s=self._now_s() + CONFIRM_S,
                until=until.isoformat(),
                made=False,
            )
            self._keep_before(wish.interface)
            self._write(armed)
            threading.Thread(
                target=self._make, args=(wish, armed), name="make", daemon=True
            ).start()
            self._wake.set()
            pages = [wish.address, NAME] if wish.address else [NAME]
            return NetworkArmed(
                token=token,
                until=until,
                seconds=CONFIRM_S,
                pages=tuple(f"https://{one}" for one in pages),
            )

    def _probe(self, wish: NetworkWish, port: Interface) -> None:
        """Ask the wire: nobody has the address, somebody is the gateway (RFC 5227)."""
        if not port.link or wish.address is None:
            return
        mine = [address.partition("/")[0] for address in port.addresses]
        if wish.address not in mine and self._answers(port.name, wish.address):
            raise problem("address", "network-address-taken", address=wish.address)
        if (
            wish.gateway is not None
            and wish.gateway != port.gateway
            and not self._answers(port.name, wish.gateway)
        ):
            raise problem("gateway", "network-gateway-silent", gateway=wish.gateway)

    def _answers(self, port: str, address: str) -> bool:
        asked = ("arping", "-D", "-q", "-c", "2", "-w", "3", "-I", port, address)
        status = run.status(*asked, limit_s=6.0)
        if status > 1:
            raise Unavailable("host-act-failed", act="arping", reason=f"status {status}")
        return status == 1

    def _make(self, wish: NetworkWish, armed: _Armed) -> None:
        time.sleep(_ANSWER_FIRST_S)
        with self._lock:
            if self._armed() != armed:
                return
            try:
                write_whole(self._file(wish.interface), rules.file_text(wish), mode=0o644)
                self._reload()
                self._await(armed)
            except (LineboxError, OSError):
                log.exception("the new address can't be set")
                self._put_back()
                return
            self._write(_made(armed))
        log.warning("%s is %s now, until confirmed", wish.interface, wish.address or "by DHCP")

    def confirm(self, token: str) -> Network:
        """Keep the change. Raises ``InputError``: ``network-nothing-waits``, ``network-not-yet``,
        ``network-wrong-token``."""
        with self._lock:
            armed = self._armed()
            if armed is None:
                raise InputError("network-nothing-waits")
            if not hmac.compare_digest(_digest(token), armed.token):
                raise InputError("network-wrong-token")
            if not armed.made:
                raise InputError("network-not-yet")
            self._forget()
            log.warning("the address of %s is confirmed", armed.interface)
        return self.look()

    def back(self) -> Network:
        """Put the old settings back now. Raises ``InputError("network-nothing-waits")``."""
        with self._lock:
            armed = self._armed()
            if armed is None:
                raise InputError("network-nothing-waits")
            self._put_back()
        return self.look()

    # --- the way back ---

    def waits(self) -> bool:
        return (self._folder / "unconfirmed").exists()

    def settle(self) -> float | None:
        """Put back what is past its deadline; seconds to the next deadline, None without one."""
        with self._lock:
            if not self.waits():
                return None
            armed = self._armed()
            left_s = 0.0
            if armed and armed.boot == self._boot():
                left_s = min(armed.until_s - self._now_s(), CONFIRM_S)
            if left_s > 0:
                return left_s
            self._put_back()
            return None

    def watch(self) -> None:
        """For ever: hold the deadline. A thread's whole life."""
        while True:
            self._wake.clear()
            try:
                left_s = self.settle()
            except (LineboxError, OSError):
                log.exception("can't put the old address back; tried again")
                left_s = 1.0
            self._wake.wait(left_s)

    def _put_back(self) -> None:
        for path in (self._folder / "before").glob("*.network"):
            if text := path.read_bytes():
                write_whole(self._folder / path.name, text, mode=0o644)
            else:
                (self._folder / path.name).unlink(missing_ok=True)
        self._reload()
        write_whole(self._folder / "put-back", datetime.now(UTC).isoformat(), mode=0o644)
        self._forget()
        log.warning("nobody confirmed the new address: the old one is back")

    def _reload(self) -> None:
        """networkd reads its files anew, and takes to the ports whose file has changed."""
        run.told("networkctl", "reload", limit_s=20.0)

    def _await(self, armed: _Armed) -> None:
        """Until the port has its address; one that comes by DHCP isn't waited for.

        Raises ``Unavailable("host-act-failed")``.
        """
        end_s = monotonic_s() + _SET_WITHIN_S
        while armed.address is not None:
            ports = {port.name: port for port in self._interfaces()}
            there = [one.partition("/")[0] for one in ports[armed.interface].addresses]
            if armed.address in there:
                return
            if monotonic_s() > end_s:
                raise Unavailable("host-act-failed", act="networkd", reason="no such address yet")
            time.sleep(0.1)

    def _keep_before(self, interface: str) -> None:
        before = self._folder / "before"
        before.mkdir(parents=True, exist_ok=True)
        for path in before.iterdir():
            path.unlink()
        try:
            text = self._file(interface).read_bytes()
        except FileNotFoundError:
            text = b""
        write_whole(before / self._file(interface).name, text, mode=0o644)
        (self._folder / "put-back").unlink(missing_ok=True)

    def _forget(self) -> None:
        (self._folder / "unconfirmed").unlink(missing_ok=True)
        settle(self._folder)
        self._wake.set()

    def _armed(self) -> _Armed | None:
        try:
            told = json.loads((self._folder / "unconfirmed").read_text("utf-8"))
            return _Armed(**told)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            log.exception("what waits for a confirmation can't be read")
            return None

    def _write(self, armed: _Armed) -> None:
        told = {name: getattr(armed, name) for name in _Armed.__slots__}
        write_whole(self._folder / "unconfirmed", json.dumps(told), mode=0o600)

    def _file(self, interface: str) -> Path:
        """Before the factory's ``80-…`` in networkd's order."""
        return self._folder / f"10-{interface}.network"

    def _boot(self) -> str:
        return (self._proc / "sys/kernel/random/boot_id").read_text().strip()

    def _now_s(self) -> float:
        return monotonic_s()


def _made(armed: _Armed) -> _Armed:
    told = {name: getattr(armed, name) for name in _Armed.__slots__}
    return _Armed(**{**told, "made": True})


def _pending(armed: _Armed) -> PendingChange:
    return PendingChange(
        interface=armed.interface,
        way=armed.way,
        address=armed.address,
        until=datetime.fromisoformat(armed.until),
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
