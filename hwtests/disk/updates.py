"""What the tests of the disk image share."""

from __future__ import annotations

import json
from pathlib import Path

#: Bundles on the test's stick that no box may stay with.
BROKEN = frozenset({"stranger", "tail", "flipped", "kernel", "init", "asterisk"})
#: Bundles that the box mustn't stay with, by name: whether the running version was kept.
kept: dict[str, bool] = {}


def materials(image: Path) -> set[str]:
    """What the image is made of: names of its bill of materials."""
    told = json.loads(image.with_name(image.name.replace(".img.zst", ".bom.json")).read_text())
    return {one["name"] for one in told["components"]}
