"""The exchange's own log against the box's records: what "nothing is lost" means, said once."""

from __future__ import annotations

import subprocess
from typing import Any

from conftest import Site


def compare(site: Site, records: list[dict[str, Any]], *, cut_allowed: bool = False) -> None:
    """Every call the exchange placed and the box took is one row that says what the exchange saw.

    Checked a call: it is there once; answered or not; which practice phones answered; keys and
    rating as pressed; who was cut; a recording for every answered call, as long as the call.
    """
    placed = {record["from"]: record for record in records if record["invited_at"] is not None}
    rows = site.filed(list(placed))
    wrong = [
        problem
        for number, record in placed.items()
        for problem in _differences(site, record, rows[number], cut_allowed=cut_allowed)
    ]
    assert not wrong, "\n".join(wrong)


def _differences(
    site: Site, record: dict[str, Any], row: dict[str, Any], *, cut_allowed: bool
) -> list[str]:
    number, found = record["from"], []

    def expect(what: str, theirs: object, ours: object) -> None:
        if theirs != ours:
            found.append(f"{number} {what}: exchange {theirs!r}, box {ours!r} ({row['id']})")

    if cut_allowed and (record["cut"] or row["cut"]):
        # Asterisk died: the call is listed as cut, and not as anything else.
        if record["answered_at"] is not None:
            expect("cut", True, row["cut"])
        return found
    expect("cut", False, row["cut"])
    expect("answered", record["answered_at"] is not None, row["answered_at"] is not None)
    talked = [leg for leg in record["agents"] if leg["answered_at"] is not None]
    if talked:
        expect("phone", talked[-1]["ext"], row["extension"])
        expect("result", "answered", row["result"])
    legs = site.box.rows(
        "SELECT number, answered_at FROM call_legs WHERE call_id = %s AND uniqueid <> %s",
        row["id"],
        row["id"],
    )
    expect(
        "answered legs",
        sorted(leg["ext"] for leg in talked),
        sorted(leg["number"] for leg in legs if leg["answered_at"] is not None),
    )
    pressed = "".join(key["key"] for key in record["keys"])
    rating = str(record["asked"].get("rating") or "")
    if talked and rating and pressed.endswith(rating):
        pressed = pressed[: -len(rating)]
        expect("rating", int(rating), row["rating"])
    if not record["asked"].get("keys_are_late"):
        expect("keys", pressed, row["keys"])
    if record["answered_at"] is not None:
        found += _recording(site, record, row)
    return found


def _recording(site: Site, record: dict[str, Any], row: dict[str, Any]) -> list[str]:
    files = site.box.rows(
        "SELECT file, state, duration_s FROM recordings WHERE call_id = %s", row["id"]
    )
    if len(files) != 1:
        return [f"{record['from']} recordings: {len(files)} ({row['id']})"]
    file = files[0]
    lasted = record["ended_at"] - record["answered_at"]
    if file["state"] not in ("raw", "ready"):
        return [f"{record['from']} recording is {file['state']} ({row['id']})"]
    if file["duration_s"] is not None and not 0 < file["duration_s"] <= lasted + 1.5:
        return [f"{record['from']} recording {file['duration_s']} s of a call of {lasted:.1f} s"]
    return []


def raw_of(site: Site, file: str) -> bytes:
    """A finished recording as 16-bit stereo 8 kHz."""
    done = subprocess.run(
        ["opusdec", "--quiet", "--force-wav", "--rate", "8000", site.box.data / "recordings" / f"{file}.opus", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout[44:]
