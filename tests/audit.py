"""The dependencies of the box held against known advisories: ``python3 tests/audit.py``.

Two things, told apart. ``advisories.toml``: an advisory that was mended must not come back; needs no
network and decides the exit status. And what pip-audit and ``npm audit`` say today, which is told
and never fails a run: a commit doesn't become bad overnight. Without a network, or where an index
doesn't know a package, that part says "not checked", never that all is well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[1]
#: Python packages on the box: Debian's (of this tree, which lies over the box's), and the wheels of our locks.
OF_DEBIAN = (
    "aiohttp", "multidict", "yarl", "idna", "attrs", "frozenlist", "propcache", "aiosignal", "psycopg", "sdnotify",
    "pyudev", "pyserial", "numpy", "fido2", "cryptography", "openpyxl",
)  # fmt: skip
_LIMIT_S = 40
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """An advisory, and the first version without its fault."""

    where: str
    package: str
    first_good: str
    advisory: str


def mended(path: Path = REPO / "tests/advisories.toml") -> tuple[Mended, ...]:
    """The list of what was mended."""
    return tuple(
        Mended(
            where=one["in"],
            package=one["package"],
            first_good=one["from"],
            advisory=one["advisory"],
        )
        for one in tomllib.loads(path.read_text("utf-8"))["mended"]
    )


def python_versions() -> dict[str, set[str]]:
    """Package → versions on the box; Debian's that this tree lacks aren't there."""
    found: dict[str, set[str]] = {}
    for name in OF_DEBIAN:
        try:
            found.setdefault(name, set()).add(metadata.version(name))
        except metadata.PackageNotFoundError:
            continue
    for lock in ("voice.lock", "app.lock"):
        for line in (REPO / "image" / lock).read_text("utf-8").splitlines():
            words = line.split()
            if words[:1] == ["pip"]:
                found.setdefault(words[1], set()).add(words[2])
    return found


def page_versions(lock: Path = REPO / "web/package-lock.json") -> dict[str, set[str]]:
    """Package → versions of what the pages are built of."""
    found: dict[str, set[str]] = {}
    for path, one in json.loads(lock.read_text("utf-8"))["packages"].items():
        if "node_modules/" in path:
            found.setdefault(path.rpartition("node_modules/")[2], set()).add(one["version"])
    return found


def back_again(known: tuple[Mended, ...], versions: dict[str, dict[str, set[str]]]) -> list[str]:
    """A line for each version that is older than the one that was mended."""
    return [
        f"{one.package} {version} is older than {one.first_good}: {one.advisory}"
        for one in known
        for version in sorted(versions[one.where].get(one.package, ()))
        if _number(version) < _number(one.first_good)
    ]


def _number(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].partition("+")[0].split(".")
    return tuple(int("".join(c for c in part if c.isdecimal()) or 0) for part in parts)


def of_pip(versions: dict[str, set[str]]) -> str:
    """What pip-audit says today."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{name}=={v}\n" for name, all_v in versions.items() for v in all_v)
        file.flush()
        command = ["pip-audit", "--no-deps", "--disable-pip", "-r", file.name, "-f", "json"]
        said = _asked([*command, "--progress-spinner", "off", "--timeout", "8"], REPO)
    if not isinstance(said, dict) or "dependencies" not in said:
        return f"not checked: {said}"
    rows = said["dependencies"]
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    if len(skipped) == len(rows):
        return "not checked: the index at hand knows no advisories of any of them"
    found = [
        f"{row['name']} {row['version']} {vuln['id']}"
        for row in rows
        for vuln in row.get("vulns", ())
    ]
    told = f"{len(rows) - len(skipped)} checked, {len(found)} advisories"
    if found:
        told += ": " + "; ".join(found)
    return told + (f"; not checked: {', '.join(sorted(set(skipped)))}" if skipped else "")


def of_npm() -> str:
    """What ``npm audit`` says today of what is built into the pages."""
    said = _asked(["npm", "audit", "--omit=dev", "--json"], REPO / "web")
    if not isinstance(said, dict) or "vulnerabilities" not in said:
        return f"not checked: {said.get('message', said) if isinstance(said, dict) else said}"
    found = [f"{name} ({one['severity']})" for name, one in said["vulnerabilities"].items()]
    return f"{len(found)} advisories" + (": " + "; ".join(found) if found else "")


def _asked(command: list[str], folder: Path) -> Any:
    env = {"REQUESTS_CA_BUNDLE": _CERTIFICATES} if Path(_CERTIFICATES).exists() else {}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        return json.loads(done.stdout[done.stdout.index("{") :])
    except FileNotFoundError:
        return f"{command[0]} isn't there"
    except subprocess.TimeoutExpired:
        return f"no answer within {_LIMIT_S} s"
    except ValueError:
        lines = (done.stderr or done.stdout).strip().splitlines()
        return f"no network ({lines[-1][:160] if lines else done.returncode})"


def main() -> int:
    versions = {"pip": python_versions(), "npm": page_versions()}
    known = mended()
    back = back_again(known, versions)
    print(f"mended advisories: {len(known)}, back again: {len(back)}")
    for line in back:
        print(f"  {line}")
    print(f"pip: {of_pip(versions['pip'])}")
    print(f"npm: {of_npm()}")
    return 1 if back else 0


if __name__ == "__main__":
    sys.exit(main())
