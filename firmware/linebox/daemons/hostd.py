"""hostd: the few things that only root may do, each declared (docs/names.md, "Host acts").

Started by its socket, by a change of the box's addresses (``linebox-hostd.path``), daily and, for a
certificate by ACME, every four hours; looks then whether a new address must go back and whether the
certificate is good, and leaves when idle.
Killed at any moment, its successor finds the deadline in a file.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from typing import Final

import sdnotify

from linebox.base import log as logs
from linebox.base.errors import InputError, LineboxError
from linebox.base.shapes import parse
from linebox.config.paths import Paths, paths
from linebox.daemons import _host_run as run
from linebox.daemons import _sockets
from linebox.daemons._host_bundle import bundle
from linebox.daemons._host_certificates import CertificateStore
from linebox.daemons._host_clock import Clocks
from linebox.daemons._host_network import Networks
from linebox.daemons._host_system import RESTARTABLE, system
from linebox.daemons._host_system import logs as lines_of
from linebox.daemons._host_update import Updates
from linebox.daemons._light_http import Act, Server
from linebox.features.diagnostics.system import LogsWish
from linebox.features.host.model import (
    AcmeWish,
    BundleWish,
    ClockWish,
    NetworkToken,
    NetworkWish,
    Restarted,
    RestartWish,
    UploadWish,
)
from linebox.features.upgrade.model import BoxRestartWish, InstallWish

log = logging.getLogger(__name__)

#: It leaves so many seconds after the last request.
IDLE_S: Final = 60.0
_TEND_EVERY_S: Final = 5.0
#: They carry the answer itself, so they are restarted after it.
_AFTER_THE_ANSWER: Final = frozenset({"nginx", "linebox-webd"})


class Hostd:
    """The acts, by path."""

    def __init__(self, at: Paths) -> None:
        self._at = at
        self.networks = Networks(at)
        self.certificates = CertificateStore(at, self.networks.addresses)
        self.clocks = Clocks(at)
        self.updates = Updates(at, self._calls)

    def acts(self) -> Mapping[tuple[str, str], Act]:
        networks, certificates, clocks = self.networks, self.certificates, self.clocks
        updates = self.updates
        return {
            ("GET", "/network"): lambda _body, _path: networks.look(),
            ("POST", "/network"): lambda body, _path: self._change(parse(NetworkWish, body)),
            ("POST", "/network/confirm"): lambda body, _path: networks.confirm(
                parse(NetworkToken, body).token
            ),
            ("POST", "/network/back"): lambda _body, _path: networks.back(),
            ("GET", "/certificates"): lambda _body, _path: certificates.look(),
            ("POST", "/certificates/upload"): lambda body, _path: self._upload(
                parse(UploadWish, body)
            ),
            ("POST", "/certificates/renew"): lambda _body, _path: certificates.renew(),
            ("POST", "/certificates/acme"): lambda body, _path: certificates.ask(
                parse(AcmeWish, body)
            ),
            ("POST", "/certificates/acme/off"): lambda _body, _path: certificates.ask_no_more(),
            ("GET", "/clock"): lambda _body, _path: clocks.look(),
            ("POST", "/clock"): lambda body, _path: clocks.set(parse(ClockWish, body)),
            ("GET", "/update"): lambda _body, _path: updates.look(),
            ("POST", "/update/install"): lambda body, _path: updates.install(
                parse(InstallWish, body)
            ),
            ("POST", "/update/back"): lambda _body, _path: updates.back(),
            ("POST", "/update/restart"): lambda body, _path: updates.restart(
                parse(BoxRestartWish, body)
            ),
            ("POST", "/services/(?P<unit>[a-z-]{1,40})/restart"): lambda body, path: self.restart(
                path["unit"], parse(RestartWish, body)
            ),
            ("POST", "/bundle"): lambda body, _path: self.bundle(parse(BundleWish, body)),
            ("GET", "/system"): lambda _body, _path: system(self._at),
            ("POST", "/logs"): lambda body, _path: lines_of(self._at, parse(LogsWish, body)),
        }

    def _change(self, wish: NetworkWish) -> object:
        armed = self.networks.change(wish)
        self.certificates.tend()  # good for the new address before anybody asks there
        return armed

    def _upload(self, wish: UploadWish) -> object:
        return self.certificates.upload(wish.certificate, wish.key)

    def restart(self, unit: str, wish: RestartWish) -> Restarted:
        """Raises ``InputError``: ``not-found``, ``restart-cuts-calls``."""
        if unit not in RESTARTABLE:
            raise InputError("not-found")
        if unit == "asterisk" and not wish.cut_calls and (calls := self._calls()):
            raise InputError("restart-cuts-calls", calls=calls)
        service = f"{unit}.service"
        log.warning("restarting %s", unit)
        if unit in _AFTER_THE_ANSWER:
            run.after_the_answer(lambda: run.status("systemctl", "--no-block", "restart", service))
            return Restarted(unit=unit, state="activating")
        run.told("systemctl", "restart", service, limit_s=50.0)
        state = run.told("systemctl", "show", "-p", "ActiveState", "--value", service).strip()
        return Restarted(unit=unit, state=state)

    def _calls(self) -> int:
        words = ("-C", "/run/asterisk/asterisk.conf", "-rx", "core show channels count")
        try:
            said = run.told("asterisk", *words)
        except LineboxError:
            return 0  # it doesn't run: nothing to cut
        return int(
            next((line.split()[0] for line in said.splitlines() if "active call" in line), 0)
        )

    def bundle(self, wish: BundleWish) -> bytes:
        return bundle(
            self._at,
            {
                "host/network.txt": lambda: repr(self.networks.look()),
                "host/certificates.txt": lambda: repr(self.certificates.look()),
                "host/clock.txt": lambda: repr(self.clocks.look()),
                "host/update.txt": lambda: repr(self.updates.look(sticks=False)),
                "settings.yaml": lambda: wish.settings or "not told\n",
            },
        )

    def waits(self) -> bool:
        """Whether something goes on that it has to see to."""
        return self.networks.waits() or self.certificates.waits() or self.updates.waits()

    def tend(self) -> None:
        """What must be so whether or not somebody asks."""
        for work in (self.networks.resolve, self.certificates.tend, self.updates.tend):
            try:
                work()
            except (LineboxError, OSError, ValueError):
                log.exception("%s failed; tried again", work.__qualname__)


def serve(hostd: Hostd, listening: socket.socket) -> None:
    """Until it was idle for ``IDLE_S`` with nothing waiting; SIGTERM ends it at once."""
    server = Server(listening, hostd.acts())
    threading.Thread(target=hostd.networks.watch, name="watch", daemon=True).start()
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    hostd.tend()
    sdnotify.SystemdNotifier().notify("READY=1")
    while hostd.waits() or server.idle_s < IDLE_S:
        time.sleep(_TEND_EVERY_S)
        hostd.tend()
    log.info("idle: leaving")


def main(words: list[str]) -> int:
    """``--certificates``: make what is missing and end (first boot). Without words the daemon."""
    logs.setup()
    at = paths()
    hostd = Hostd(at)
    if words == ["--certificates"]:
        hostd.certificates.tend()
        return 0
    listening = _sockets.passed()
    if listening is None:
        log.error("started by hand: it needs the socket that systemd passes")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    serve(hostd, listening)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
