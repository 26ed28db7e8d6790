"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from linebox.base import files


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("lasting", [True, False])
def test_file_has_its_new_content_and_nothing_lies_beside_it(tmp_path: Path, lasting: bool) -> None:
    path = tmp_path / "kept.json"
    path.write_text("old, and longer than the new one")

    files.write_whole(path, "电话", lasting=lasting)

    assert path.read_text("utf-8") == "电话"
    assert list(tmp_path.iterdir()) == [path]


def test_secret_is_the_owners_alone_whatever_was_left_from_before(tmp_path: Path) -> None:
    left = tmp_path / "secret.part"
    left.write_text("left by a power cut")
    left.chmod(0o644)

    files.write_whole(tmp_path / "secret", b"1234", mode=0o600)

    assert _mode(tmp_path / "secret") == 0o600
    assert (tmp_path / "secret").read_bytes() == b"1234"


def test_rights_are_as_told_with_a_narrow_umask_too(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        files.write_whole(tmp_path / "public", "x", mode=0o644)
        files.write_whole(tmp_path / "own", "x")
    finally:
        os.umask(before)

    assert (_mode(tmp_path / "public"), _mode(tmp_path / "own")) == (0o644, 0o600)


def test_old_file_stays_when_the_new_one_can_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("old")
    (tmp_path / "kept.part").mkdir()

    with pytest.raises(OSError, match=r"kept\.part"):
        files.write_whole(path, "new")

    assert path.read_text() == "old"


def test_nothing_has_its_name_before_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str | None]] = []
    path, part = tmp_path / "name", tmp_path / "made-elsewhere"
    part.write_text("new")
    path.write_text("old")

    def synced(handle: int) -> None:
        seen.append((Path(f"/proc/self/fd/{handle}").readlink().name, path.read_text()))

    monkeypatch.setattr(os, "fsync", synced)
    files.put_in_place(part, path)
    files.write_whole(path, "newer")

    assert seen == [
        ("made-elsewhere", "old"),
        (tmp_path.name, "new"),
        ("name.part", "new"),
        (tmp_path.name, "newer"),
    ]


def test_file_belongs_to_whom_it_is_given(tmp_path: Path) -> None:
    owner = (os.geteuid(), os.getegid()) if os.geteuid() else (4711, 4712)

    files.write_whole(tmp_path / "given", "x", owner=owner)

    told = (tmp_path / "given").stat()
    assert (told.st_uid, told.st_gid) == owner
