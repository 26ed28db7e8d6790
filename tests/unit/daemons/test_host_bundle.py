"""What leaves the box for support: no secret, no whole number, whatever stands around it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from linebox.base.errors import Unavailable
from linebox.config.paths import Paths
from linebox.daemons import _host_bundle as bundles


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("call from 13900001111.", "call from 139****1111."),
        ("<sip:13900001111@10.0.0.5:5060>", "<sip:139****1111@10.0.0.5:5060>"),
        ("+8613900001111 01088889999", "+86139****1111 010****9999"),
        ("uniqueid s00000012-1763800000.17 at 8001", "uniqueid s00000012-1763800000.17 at 8001"),
        ("20261122/s00000012-1763800000.17.raw", "20261122/s00000012-1763800000.17.raw"),
        ("password=hunter2 next", "password=[...] next"),
        ('{"secret": "abc def", "name": "x"}', '{"secret": [...], "name": "x"}'),
        ("session-token: abcdef", "session-token: [...]"),
        ("the deposit k3y-0123456789 was seen", "the deposit [...] was seen"),
        (
            "-----BEGIN PRIVATE KEY-----\nMIGH\nAgEA\n-----END PRIVATE KEY-----\nrest",
            "[...]\nrest",
        ),
    ],
)
def test_text_is_cleaned(text: str, told: str) -> None:
    assert bundles.clean(text, {"k3y-0123456789"}) == told


@pytest.mark.req("SEC-2")
def test_a_part_that_fails_says_why_and_the_rest_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "_system", lambda at: iter(()))
    at = Paths(root=tmp_path)
    at.vault.mkdir(parents=True)
    (at.vault / "session-key").write_text("0123456789abcdef" * 4 + "\n")
    generation = at.generations / "gen-1"
    generation.mkdir(parents=True)
    (generation / "pjsip.conf").write_text("[8001]\npassword = kq7Zw93xMn\n")

    def fails() -> str:
        raise Unavailable("host-act-failed", act="ip", reason="away")

    made = bundles.bundle(
        at, {"a.txt": fails, "b.txt": lambda: f"x {'0123456789abcdef' * 4} kq7Zw93xMn y"}
    )
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert "host-act-failed" in archive.read("a.txt").decode()
        assert archive.read("b.txt").decode() == "x [...] [...] y"
