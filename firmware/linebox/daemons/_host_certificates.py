"""Which certificate nginx and Asterisk show, kept good (SEC-2).

``/data/secrets/tls`` points to the folder of the pair in use (``key``, ``crt``, ``kind``), so that
both halves change at once; ``tls.key`` and ``tls.crt`` are links into it.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from linebox.base.errors import LineboxError
from linebox.base.files import settle, write_whole
from linebox.base.shapes import render
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.daemons._host_acme import AcmeStore
from linebox.features.host import certificates as rules
from linebox.features.host.model import AcmeWish, Authority, Certificates, Kind
from linebox.features.host.trouble import TROUBLE

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
        acme: AcmeStore | None = None,
        reload: Callable[[], None] = reload_servers,
    ) -> None:
        self._vault = at.vault
        self._public = at.data / "public"
        self._addresses = addresses
        self._acme = acme or AcmeStore(at)
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
            self._acme.step(self._by_acme(), lambda made: self._install(made, "acme"))
            self._tell_trouble()

    def waits(self) -> bool:
        """Does an authority still owe an answer?"""
        with self._lock:
            return self._acme.waits()

    def look(self) -> Certificates:
        """What is in use. Makes what is missing first."""
        with self._lock:
            self.tend()
            pair, authority = self._pair(), rules.told(self._authority().certificate)
            assert pair is not None, "tend has made one"
            one, kind = rules.told(pair.certificate), self._kind()
            by_acme = self._acme.told(self._by_acme())
        renews_at = {
            "own": one.not_after - timedelta(days=rules.RENEW_DAYS),
            "acme": rules.renews_at(one),
        }
        wanted = ["linebox.local", *self._addresses()]
        return Certificates(
            kind=kind,
            names=one.names,
            missing=rules.missing(one.names, dict.fromkeys(wanted)),
            issuer=one.issuer,
            fingerprint=one.fingerprint,
            not_before=one.not_before,
            not_after=one.not_after,
            renews_at=renews_at.get(kind),
            authority=Authority(
                name=authority.subject,
                fingerprint=authority.fingerprint,
                not_after=authority.not_after,
            ),
            acme=by_acme,
        )

    def upload(self, certificate: str, key: str) -> Certificates:
        """Use the owner's, and no longer ask for one. Raises ``InputError("invalid-input")``."""
        pair = rules.check_upload(certificate, key, datetime.now(UTC))
        with self._lock:
            self._acme.forget()
            self._install(pair, "uploaded")
        return self.look()

    def ask(self, wish: AcmeWish) -> Certificates:
        """Ask an authority. Raises ``InputError("acme-asking")``, ``invalid-input``."""
        with self._lock:
            self._acme.ask(wish)
        return self.look()

    def ask_no_more(self) -> Certificates:
        """No certificate by ACME: what it gave is replaced by the box's own."""
        with self._lock:
            self._acme.forget()
            if self._kind() == "acme":
                self._own(self._authority(), "no longer asked for")
        return self.look()

    def renew(self) -> Certificates:
        """A new one of our own authority, whatever is in use; nobody else is asked any longer."""
        with self._lock:
            self._acme.forget()
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
        match (self._vault / "tls/kind").read_text().strip():
            case "uploaded":
                return "uploaded"
            case "acme":
                return "acme"
            case _:
                return "own"

    def _by_acme(self) -> rules.Told | None:
        """The certificate in use if an authority gave it to the box."""
        pair = self._pair()
        if pair is None or self._kind() != "acme":
            return None
        return rules.told(pair.certificate)

    def _tell_trouble(self) -> None:
        """For the home page (features/host/trouble.py), which hostd needn't be awake for."""
        path, trouble = self._public / TROUBLE, self._acme.told(self._by_acme()).trouble
        if trouble is None:
            path.unlink(missing_ok=True)
            return
        text = json.dumps(render(trouble), ensure_ascii=False)
        if not path.exists() or path.read_text("utf-8") != text:
            write_whole(path, text, mode=0o644)

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
