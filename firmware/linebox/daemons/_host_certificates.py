"""Which certificate nginx and Asterisk show, kept good (SEC-2).

``/data/secrets/tls`` points to the folder of the pair in use (``key``, ``crt``, ``kind``), so that
both halves change at once; ``tls.key`` and ``tls.crt`` are links into it.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from linebox.base.errors import LineboxError
from linebox.base.files import settle, write_whole
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.features.host import certificates as rules
from linebox.features.host.model import Authority, Certificates, Kind

log = logging.getLogger(__name__)

_LINKS: Final = {"tls.key": "tls/key", "tls.crt": "tls/crt"}


def reload_servers() -> None:
    """nginx and Asterisk take up the files anew; no connection and no call is dropped."""
    for unit in ("nginx.service", "asterisk.service"):
        try:
            if run.status("systemctl", "-q", "is-active", unit) == 0:
                run.told("systemctl", "reload", unit, limit_s=20.0)
        except LineboxError:
            log.exception("%s didn't take the new certificate", unit)


class CertificateStore:
    """The acts on certificates. ``addresses``: those of the box, at this moment."""

    def __init__(
        self,
        at: Paths,
        addresses: Callable[[], Sequence[str]],
        *,
        reload: Callable[[], None] = reload_servers,
    ) -> None:
        self._vault = at.vault
        self._public = at.data / "public"
        self._addresses = addresses
        self._reload = reload
        self._lock = threading.RLock()

    def tend(self) -> None:
        """Everything there and good for the box's present names; cheap when nothing is to do."""
        with self._lock:
            authority = self._authority()
            pair = self._pair()
            if pair is None or not rules.sound(pair):
                why = "there is none"
            elif self._kind() == "own":
                why = rules.stale(pair, authority, self._wanted(), datetime.now(UTC))
            else:
                why = ""
            if why:
                self._own(authority, why)

    def look(self) -> Certificates:
        """What is in use. Makes what is missing first."""
        with self._lock:
            self.tend()
            pair, authority = self._pair(), rules.told(self._authority().certificate)
            assert pair is not None, "tend has made one"
            one, kind = rules.told(pair.certificate), self._kind()
        wanted = ["linebox.local", *self._addresses()]
        return Certificates(
            kind=kind,
            names=one.names,
            missing=rules.missing(one.names, dict.fromkeys(wanted)),
            issuer=one.issuer,
            fingerprint=one.fingerprint,
            not_before=one.not_before,
            not_after=one.not_after,
            renews_at=one.not_after - timedelta(days=rules.RENEW_DAYS) if kind == "own" else None,
            authority=Authority(
                name=authority.subject,
                fingerprint=authority.fingerprint,
                not_after=authority.not_after,
            ),
        )

    def upload(self, certificate: str, key: str) -> Certificates:
        """Use the owner's. Raises ``InputError("invalid-input")``."""
        pair = rules.check_upload(certificate, key, datetime.now(UTC))
        with self._lock:
            self._install(pair, "uploaded")
        return self.look()

    def renew(self) -> Certificates:
        """A new one of our own authority, whatever is in use."""
        with self._lock:
            self._own(self._authority(), "it was asked for")
        return self.look()

    def _wanted(self) -> list[str]:
        return [*rules.NAMES, *self._addresses()]

    def _own(self, authority: rules.Pair, why: str) -> None:
        log.warning("a new certificate: %s", why)
        self._install(rules.make_leaf(authority, self._wanted(), datetime.now(UTC)), "own")

    def _install(self, pair: rules.Pair, kind: Kind) -> None:
        name = f"tls-{secrets.token_hex(4)}"
        folder = self._vault / name
        folder.mkdir(mode=0o700)
        write_whole(folder / "key", pair.key, mode=0o600)
        write_whole(folder / "crt", pair.certificate, mode=0o600)
        write_whole(folder / "kind", kind, mode=0o600)
        self._point("tls", name)
        for link, target in _LINKS.items():
            if not (self._vault / link).is_symlink():
                self._point(link, target)
        settle(self._vault)
        for old in self._vault.glob("tls-*"):
            if old.name != name:
                shutil.rmtree(old)
        self._reload()

    def _point(self, link: str, target: str) -> None:
        part = self._vault / f"{link}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(self._vault / link)

    def _pair(self) -> rules.Pair | None:
        try:
            return rules.Pair(
                certificate=(self._vault / "tls/crt").read_bytes(),
                key=(self._vault / "tls/key").read_bytes(),
            )
        except OSError:
            return None

    def _kind(self) -> Kind:
        word = (self._vault / "tls/kind").read_text().strip()
        return "uploaded" if word == "uploaded" else "own"

    def _authority(self) -> rules.Pair:
        """The authority, made when it isn't there; what others may have of it is in ``public``."""
        key, certificate = self._vault / "ca.key", self._vault / "ca.crt"
        if not certificate.exists():
            made = rules.make_authority(datetime.now(UTC))
            write_whole(key, made.key, mode=0o600)
            write_whole(certificate, made.certificate, mode=0o600)
        found = rules.Pair(certificate=certificate.read_bytes(), key=key.read_bytes())
        if not (self._public / "ca.crt").exists():
            write_whole(self._public / "ca.crt", found.certificate, mode=0o644)
        if not (self._public / "ca.mobileconfig").exists():
            profile = rules.profile(found.certificate)
            write_whole(self._public / "ca.mobileconfig", profile, mode=0o644)
        return found
