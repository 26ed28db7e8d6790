"""What a draft changes in the compiled files, and what a past generation changed, as unified
differences without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from secrets import token_bytes
from typing import Final

from linebox.asterisk.reload import Part
from linebox.base.errors import ConfigError, InputError
from linebox.compiler.generation import Generation
from linebox.compiler.generations import Generations, Manifest, part_of

#: A difference is for people: what is longer than this is cut.
_SHOWN: Final = 200_000
#: From so many lines on both sides on, no likeness is looked for.
_ALIKE: Final = 4000
#: What may stand in a file that nobody reads in a page: SIP passwords, PINs' hashes.
_SECRET: Final = re.compile(r"(?m)((?:^password = |LB_A_SALT=|LB_A_HASH=))([^\s,)]+)")
#: A generation's own number, which says nothing of what it changed.
_NUMBERED: Final = re.compile(r"(__LB_GEN=|NoOp\()\d+")
_KEY: Final = token_bytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``file``: its name without hash; ``text``: the unified difference."""

    file: str
    text: str


def differences(
    folder: Path, old: Manifest, new: Generation
) -> tuple[tuple[Difference, ...], frozenset[Part]]:
    """What differs between the files in ``folder`` and a generation built by the same number, and
    which parts of Asterisk read them."""
    before, after = _old_files(folder, old), _new_files(new)
    found: list[Difference] = []
    parts: set[Part] = set()
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name, ""), after.get(name, "")
        if one == other:
            continue
        if part := part_of(name):
            parts.add(part)
        found.append(Difference(file=name, text=_text(one, other)))
    return tuple(found), frozenset(parts)


def past(generations: Generations, number: int) -> tuple[int, tuple[Difference, ...]]:
    """What generation ``number`` changed against the one on disk before it, whose number comes
    first. Raises ``InputError("generation-gone")`` when either isn't on disk any more, and
    ``ConfigError("generation-damaged")``."""
    there = generations.numbers()
    before = max((one for one in there if one < number), default=None)
    if number not in there or before is None:
        raise InputError("generation-gone", number=number)
    old, new = (
        {name: _NUMBERED.sub(r"\1…", text) for name, text in _old_files(folder, manifest).items()}
        for folder, manifest in (
            (generations.folder(one), generations.manifest(one)) for one in (before, number)
        )
    )
    return before, tuple(
        Difference(file=name, text=_text(old[name], new[name]))
        for name in sorted(old)
        if old[name] != new[name]
    )


def _text(one: str, other: str) -> str:
    text = "\n".join(_lines(one, other))
    return text if len(text) <= _SHOWN else text[:_SHOWN].rpartition("\n")[0] + "\n…"


def _old_files(folder: Path, old: Manifest) -> dict[str, str]:
    names = ("extensions.conf", "own-queues.conf", "pjsip.conf", "musiconhold.conf")
    try:
        texts = {name: (folder / name).read_text("utf-8") for name in names}
        texts |= {
            f"{part}/{path.name}": path.read_text("utf-8")
            for part in ("dahdi", "asterisk")
            for path in (folder / part).glob("*.conf")
        }
        texts["body.conf"] = (folder / f"body-{old.hash}.conf").read_text("utf-8")
    except OSError as error:
        raise ConfigError("generation-damaged", number=old.number, file=error.filename) from error
    return {name: _plain(text, old.hash) for name, text in texts.items()}


def _new_files(new: Generation) -> dict[str, str]:
    return {
        "body.conf" if name.startswith("body-") else name: _plain(text, new.hash)
        for name, text in new.files.items()
        if name.endswith(".conf") and name != "queues.conf" and not name.startswith("kept/")
    }


def _plain(text: str, digest: str) -> str:
    """Without hash, includes and secrets; a secret that changes shows as another mark."""
    text = re.sub(r"(?m)^#include .*\n?", "", text).replace(f"-{digest}", "").replace(digest, "…")
    return _SECRET.sub(lambda found: f"{found[1]}…{_mark(found[2])}", text).rstrip() + "\n"


def _mark(secret: str) -> str:
    """Tells two secrets apart as long as this process lives, and nothing else of them."""
    return blake2b(secret.encode(), key=_KEY, digest_size=3).hexdigest()


def _lines(one: str, other: str) -> Iterator[str]:
    """By section first: they are named, so that thousands of lines are compared in no time."""
    before, after = _blocks(one), _blocks(other)
    for tag, a, b, c, d in _opcodes(before, after):
        if tag == "equal":
            continue
        old = [line for block in before[a:b] for line in block.splitlines()]
        new = [line for block in after[c:d] for line in block.splitlines()]
        head = next((line for line in (*new, *old) if line.startswith("[")), "")
        yield f"@@ {head} @@"
        yield from _hunk(old, new)


def _opcodes(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, int, int, int, int]]:
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    for tag, a, b, c, d in SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        yield tag, a + head, b + head, c + head, d + head


def _hunk(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from (f" {line}" for line in old[max(0, head - 3) : head])
    if len(a) > _ALIKE and len(b) > _ALIKE:
        yield from (f"-{line}" for line in a)
        yield from (f"+{line}" for line in b)
    else:
        yield from (
            line
            for line in unified_diff(a, b, lineterm="", n=3)
            if not line.startswith(("---", "+++", "@@"))
        )
    yield from (f" {line}" for line in old[len(old) - tail :][:3])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _blocks(text: str) -> list[str]:
    return [block for block in re.split(r"(?m)^(?=\[)", text) if block.strip()]
