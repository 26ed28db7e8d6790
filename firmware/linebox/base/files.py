"""Files that are there whole or not at all, whenever the power goes."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(
    path: Path,
    content: str | bytes,
    *,
    mode: int | None = None,
    owner: tuple[int, int] | None = None,
    lasting: bool = True,
) -> None:
    """Write ``path`` (text as UTF-8) beside itself and give it its name when it is whole.

    ``mode``: its rights, from the first byte on; None: as the umask has it. ``owner``: uid and gid.
    ``lasting``: on the disk, name and all, when this returns; without, a power cut may bring the
    old file back, never half a one. Raises ``OSError``.
    """
    part = path.with_name(f"{path.name}.part")
    _write(part, content, mode=mode, owner=owner, lasting=lasting)
    part.replace(path)
    if lasting:
        settle(path.parent)


def write_settled(path: Path, content: str | bytes) -> None:
    """Write a file that gets its name with its folder's. Raises ``OSError``."""
    _write(path, content, mode=None, owner=None, lasting=True)


def put_in_place(part: Path, path: Path) -> None:
    """Give a file that something else wrote its name: whole and on the disk. Raises ``OSError``."""
    settle(part)
    part.replace(path)
    settle(path.parent)


def settle(path: Path) -> None:
    """A file's content, or what was made, renamed or removed in a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(
    path: Path,
    content: str | bytes,
    *,
    mode: int | None,
    owner: tuple[int, int] | None,
    lasting: bool,
) -> None:
    raw = content.encode() if isinstance(content, str) else content
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else mode)
    with os.fdopen(made, "wb") as file:
        if mode is not None:
            os.fchmod(made, mode)  # the umask took some of it, or it is left from before
        if owner is not None:
            os.fchown(made, *owner)
        file.write(raw)
        file.flush()
        if lasting:
            os.fsync(made)
