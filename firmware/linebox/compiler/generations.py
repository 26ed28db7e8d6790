"""Generations on disk: whole folders, the link to the one that counts, the note of a switch.

At every moment ``current`` leads to a whole generation, whatever is killed: a folder gets its name
only when all of it is on the disk, and the link is replaced by a rename (docs/names.md).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from linebox.asterisk.checker import Expected
from linebox.asterisk.reload import Part
from linebox.base.errors import ConfigError
from linebox.base.files import settle, write_settled, write_whole
from linebox.compiler.generation import Generation, KeptBody

#: How many folders are kept to look at; Asterisk needs only the current one.
KEPT_FOLDERS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation's folder says of itself. ``live``: the names that live pages show."""

    expected: Expected
    live: object
    staff: frozenset[str]
    kept: Mapping[int, str]

    @property
    def number(self) -> int:
        return self.expected.number

    @property
    def hash(self) -> str:
        return self.expected.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """A switch that has begun and not ended. ``old`` is 0 when there was none. ``draft``: the
    settings are saved at its end, together with the row that calls it current."""

    old: int
    new: int
    draft: bool = False


class Generations:
    """The folder ``/data/generations``; only one process may write in it (confd)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, number: int) -> Path:
        return self._folder / f"gen-{number}"

    def numbers(self) -> list[int]:
        """Whole generations on disk, oldest first."""
        found = (re.fullmatch(r"gen-(\d+)", path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def current(self) -> int:
        """The generation that Asterisk reads when it starts; 0 before the first."""
        try:
            return int((self._folder / "current").readlink().name.removeprefix("gen-"))
        except FileNotFoundError:
            return 0

    def manifest(self, number: int) -> Manifest:
        """Raises ``ConfigError("generation-damaged")``."""
        file = self.folder(number) / "manifest.json"
        try:
            return _manifest(file.read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError("generation-damaged", number=number, file=file.name) from error

    def is_current(self, generation: Generation, *, made_at: datetime) -> bool:
        """Whether it would bring nothing that the current one hasn't."""
        old, new = self.manifest(self.current()), _manifest(generation.manifest(made_at=made_at))
        return (old.hash, old.live) == (new.hash, new.live)

    def bodies(self, alive: Collection[str] | None) -> list[KeptBody]:
        """What the next generation must keep: the current one, and those kept in it whose hash is
        ``alive`` (None: all of them)."""
        current = self.current()
        if not current:
            return []
        own, at = self.manifest(current), self.folder(current)
        try:
            bodies = [
                KeptBody(
                    number=current,
                    hash=own.hash,
                    body=(at / f"body-{own.hash}.conf").read_text("utf-8"),
                    queues=(at / "own-queues.conf").read_text("utf-8"),
                )
            ]
            bodies += (
                KeptBody(
                    number=number,
                    hash=digest,
                    body=(at / "kept" / digest / "body.conf").read_text("utf-8"),
                    queues=(at / "kept" / digest / "queues.conf").read_text("utf-8"),
                )
                for number, digest in sorted(own.kept.items(), reverse=True)
                if alive is None or digest in alive
            )
        except OSError as error:
            raise ConfigError("generation-damaged", number=current, file=error.filename) from error
        return bodies

    def write(self, generation: Generation, *, made_at: datetime) -> None:
        """Write ``gen-<n>`` as a whole: it is on the disk before it has its name."""
        part = self._folder / f"gen-{generation.number}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        files = {**generation.files, "manifest.json": generation.manifest(made_at=made_at)}
        for name, text in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_settled(path, text)
        for path in (*(path for path in part.rglob("*") if path.is_dir()), part):
            settle(path)
        shutil.rmtree(self.folder(generation.number), ignore_errors=True)
        part.rename(self.folder(generation.number))
        settle(self._folder)

    def point_to(self, number: int) -> None:
        """Make ``gen-<number>`` the current one, in one step."""
        link = self._folder / "current.part"
        link.unlink(missing_ok=True)
        link.symlink_to(f"gen-{number}")
        link.rename(self._folder / "current")
        settle(self._folder)

    def announce(self, switching: Switching) -> None:
        """Note that a switch begins: who finds the note finishes or undoes it."""
        write_whole(self._folder / "switching", json.dumps(asdict(switching)))

    def switching(self) -> Switching | None:
        """The switch that has begun and not ended."""
        try:
            said = json.loads((self._folder / "switching").read_text("utf-8"))
        except FileNotFoundError:
            return None
        return Switching(old=said["old"], new=said["new"], draft=said.get("draft", False))

    def settled(self) -> None:
        """The switch has ended, one way or the other."""
        (self._folder / "switching").unlink(missing_ok=True)
        settle(self._folder)

    def differing(self, old: int, new: int) -> frozenset[Part]:
        """What must be reloaded to get from one generation to the other."""
        if not old:
            return frozenset(Part)
        before, after = _texts(self.folder(old)), _texts(self.folder(new))
        changed = {
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        }
        return frozenset(part for name in changed if (part := part_of(name)))

    def staff(self) -> frozenset[str]:
        """The staff sounds that a generation on disk plays."""
        found: set[str] = set()
        for number in self.numbers():
            try:
                found |= self.manifest(number).staff
            except ConfigError:
                continue  # a damaged one plays nothing
        return frozenset(found)

    def mentions(self, name: str) -> bool:
        """Whether a generation on disk names that sound."""
        word = name.encode()
        return any(
            word in path.read_bytes()
            for number in self.numbers()
            for path in self.folder(number).rglob("*.conf")
        )

    def clear_away(self) -> None:
        """Delete what nobody needs: half-written folders, and all but the last few generations."""
        for part in self._folder.glob("gen-*.part"):
            shutil.rmtree(part, ignore_errors=True)
        needed = {self.current(), *self.numbers()[-KEPT_FOLDERS:]}
        if switching := self.switching():
            needed |= {switching.old, switching.new}
        for number in self.numbers():
            if number not in needed:
                shutil.rmtree(self.folder(number), ignore_errors=True)


def _manifest(text: str) -> Manifest:
    said = json.loads(text)
    return Manifest(
        expected=Expected(
            number=said["number"],
            hash=said["hash"],
            contexts=frozenset(said["contexts"]),
            queues=said["queues"],
            endpoints=frozenset(said["endpoints"]),
        ),
        live=said["live"],
        staff=frozenset(said["staff"]),
        kept={int(kept): digest for kept, digest in said["kept"].items()},
    )


def part_of(name: str) -> Part | None:
    """Which part of Asterisk reads the file of that name."""
    if name.startswith(("dahdi/", "asterisk/")):
        return Part.CARDS
    match name.rpartition("/")[2]:
        case "pjsip.conf":
            return Part.TELEPHONES
        case "musiconhold.conf":
            return Part.MUSIC
        case "queues.conf" | "own-queues.conf":
            return Part.QUEUES
        case "manifest.json":
            return None
        case _:
            return Part.DIALPLAN


def _texts(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
