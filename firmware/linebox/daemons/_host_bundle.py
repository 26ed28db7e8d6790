"""One file for support: what the box is and how it does, without secrets and whole numbers."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from linebox.base.errors import LineboxError
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.model.masking import masked

#: The units whose states and last words are told.
UNITS: Final = (
    "asterisk", "postgresql", "pgbouncer", "nginx", "avahi-daemon", "chrony", "systemd-networkd",
    "linebox-data", "linebox-network", "linebox-migrate", "linebox-nftables", "linebox-confd",
    "linebox-calld", "linebox-webd", "linebox-guardd", "linebox-boardd", "linebox-hostd",
    "linebox-acme", "linebox-disk-guard",
)  # fmt: skip
_LINES: Final = 500
_HIDDEN: Final = "[...]"
#: Digits as people write numbers; those of an id or a fraction have letters or a point beside them.
_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9]\.)\+?(?!20[0-9]{6}\b)[0-9]{7,20}(?![0-9A-Za-z])(?!\.[0-9])"
)
#: Secrets by their name: ``password=…``, ``"secret": "…"``, ``Authorization: …``.
_NAMED: Final = re.compile(
    r"""(?ix)( ["']? (?: [a-z_-]*(?:password|secret|passwd|token|cookie|private_key|api_key)
        | pin | authorization ) ["']? \s* [=:] \s* )
        ( "[^"]*" | '[^']*' | [^\s,;}]+ )"""
)
_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.S
)
#: What of a generation tells of faults; its other files hold what people entered.
_ASTERISK: Final = (
    "core show version", "core show uptime", "core show channels count", "core show threads",
    "core show sysinfo", "module show like res_", "pjsip show transports", "queue show",
    "manager show connected", "odbc show",
)  # fmt: skip
_SHORTEST_SECRET: Final = 6


def secrets_of(at: Paths) -> set[str]:
    """Every secret on the disk: files of the vault word by word, passwords of the generations."""
    found: set[str] = set()
    for path in _files(at.vault):
        text = path.read_bytes().decode("utf-8", "replace")
        found.update(re.findall(r"[0-9A-Za-z_+/=$.-]+", text))
    for path in at.generations.glob("gen-*/pjsip.conf"):
        text = path.read_text("utf-8", "replace")
        found.update(re.findall(r"^\s*(?:password|md5_cred)\s*=\s*(\S+)", text, re.M))
    return {one for one in found if len(one) >= _SHORTEST_SECRET and not one.isalpha()}


def clean(text: str, secrets: Iterable[str]) -> str:
    """``text`` without secrets, telephone numbers masked."""
    text = _KEY.sub(_HIDDEN, text)
    text = _NAMED.sub(rf"\1{_HIDDEN}", text)
    for one in sorted(secrets, key=len, reverse=True):
        text = text.replace(one, _HIDDEN)
    return _NUMBER.sub(lambda found: masked(found[0]), text)


def bundle(at: Paths, parts: dict[str, Callable[[], str]]) -> bytes:
    """A ZIP of ``parts`` (hostd's own answers) and of what the system says, each cleaned.

    A part that can't be had says why in its place.
    """
    secrets = secrets_of(at)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, make in (*parts.items(), *_system(at)):
            try:
                text = make()
            except (LineboxError, OSError, ValueError) as error:
                text = f"not told: {error}\n"
            archive.writestr(name, clean(text, secrets))
    return out.getvalue()


def _system(at: Paths) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "about.txt", lambda: _about(at)
    yield "packages.txt", lambda: _said("dpkg-query", "-W", "-f", "${Package} ${Version}\\n")
    yield "units.txt", lambda: _said("systemctl", "--no-pager", "--failed") + _units()
    for unit in UNITS:
        yield f"log/{unit}.txt", lambda unit=unit: _log(unit)  # type: ignore[misc]
    yield "log/kernel.txt", lambda: _said("journalctl", "-k", "-n", str(_LINES), "--no-pager")
    yield "disk.txt", lambda: _said("df", "-h", "-T") + _said("df", "-i")
    yield "memory.txt", lambda: _said("free", "-m") + _said("ps", "-eo", "pid,user,rss,etime,args")
    yield (
        "network.txt",
        lambda: _said("ip", "-s", "address") + _said("ip", "route") + _said("ss", "-Hltnup"),
    )
    yield "generation.json", lambda: _generation(at)
    for words in _ASTERISK:
        name = words.replace(" ", "-")
        yield f"asterisk/{name}.txt", lambda words=words: _asterisk(words)  # type: ignore[misc]


def _about(at: Paths) -> str:
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    release = (at.root / "etc/os-release").read_text("utf-8")
    return f"made {stamp}\n{_said('uname', '-a')}{_said('uptime')}\n{release}"


def _units() -> str:
    shown = "Id,ActiveState,SubState,Result,NRestarts,MainPID,ActiveEnterTimestamp"
    return _said("systemctl", "show", "-p", shown, *(f"{unit}.service" for unit in UNITS))


def _log(unit: str) -> str:
    return _said(
        "journalctl", "-u", unit, "-n", str(_LINES), "--no-pager", "-o", "short-iso-precise"
    )


def _generation(at: Paths) -> str:
    """The manifest without names of people: numbers, hashes, what it is made of."""
    manifest = json.loads((at.generations / "current/manifest.json").read_text("utf-8"))
    told = {key: value for key, value in manifest.items() if key != "live"}
    kept = sorted(path.name for path in at.generations.iterdir())
    return json.dumps({**told, "on_disk": kept}, ensure_ascii=False, indent=1)


def _asterisk(words: str) -> str:
    return _said("asterisk", "-C", "/run/asterisk/asterisk.conf", "-rx", words)


def _said(*words: str) -> str:
    try:
        return f"$ {' '.join(words)}\n{run.told(*words, limit_s=8.0)}\n"
    except LineboxError as error:
        return f"$ {' '.join(words)}\nnot told: {error}\n"


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path
