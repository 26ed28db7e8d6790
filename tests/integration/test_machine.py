"""What `make run` says on a machine that isn't ready: one clear sentence that says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from fixtures.boxes import REPO, STATE, host


def said(*command: str | Path, **env: str) -> tuple[int, list[str]]:
    """Exit status and what was said on standard error, in the host's mount namespace."""
    done = subprocess.run(
        ["nsenter", "-t", os.environ["LINEBOX_HOST_PID"], "-m", "env", f"LINEBOX_STATE={STATE}", *(f"{k}={v}" for k, v in env.items()), *map(str, command)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.strip().splitlines()


@pytest.mark.req("SET-1")
def test_a_taken_port_is_named_with_its_cure() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, lines = said(REPO / "image/box", "up", "spare", "base", "77", f"{port}:443")
    assert status != 0
    assert lines == [
        f"box: Port {port} is taken by another program: stop it, or choose another by PORT=9443."
    ]


@pytest.mark.req("SET-1", "SET-6")
def test_no_root_is_told_in_the_persons_language() -> None:
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    status, lines = said(
        *command,
        REPO / "image/host",
        LC_ALL="C",
        LINEBOX_TREES="/tmp/lb-nobody",
        LINEBOX_STATE="/tmp/lb-nobody",
    )
    assert status != 0 and lines == [
        "host: Needs root, because it makes containers: run 'sudo make …'."
    ]
    status, lines = said(
        *command,
        REPO / "image/host",
        LC_ALL="",
        LANG="zh_CN.UTF-8",
        LINEBOX_TREES="/tmp/lb-nobody",
        LINEBOX_STATE="/tmp/lb-nobody",
    )
    assert status != 0 and lines[-1].startswith("host: 需要 root 权限")


@pytest.mark.req("SET-1")
def test_a_full_disk_is_told_before_anything_is_built(tmp_path: Path) -> None:
    small = Path("/tmp") / f"lb-small-{os.getpid()}"
    host("mkdir", "-p", small)
    host("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small)
    try:
        status, lines = said(REPO / "image/host", LINEBOX_TREES=str(small / "tree"))
    finally:
        host("umount", small)
        host("rmdir", small)
    assert status != 0
    assert lines[-1].startswith("host: Needs 6000 MB free in ") and "LINEBOX_TREES" in lines[-1]


@pytest.mark.req("SET-1")
def test_another_main_version_of_an_engine_is_refused(tmp_path: Path) -> None:
    """`versions` of image/layers, asked about a tree that says another Asterisk."""
    script = (
        f". {REPO}/image/lib.sh; here={REPO}/image; "
        + "chroot() { printf 'asterisk 1:%s\\npostgresql-18 18.6\\ndahdi-linux 1:3.4.0\\n' \"$ASTERISK\"; }; "
        + "eval \"$(sed -n '/^versions()/,/^}/p' " + f"{REPO}/image/layers)\"; versions {tmp_path}/tree"
    )  # fmt: skip
    for version, status, words in (
        ("22.10.1", 0, ""),
        ("22.12.0", 0, "tested with 22.10"),
        ("23.1.0", 1, "another main version"),
    ):
        done = subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            env={**os.environ, "ASTERISK": version, "LC_ALL": "C"},
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert words in done.stderr
        assert bool(done.stderr) == bool(words)
