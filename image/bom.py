"""bom.py ROOT REPO PACKAGES VERSION: the bill of materials of a root, CycloneDX 1.5 on stdout.

Always the same for the same root: Debian's packages by dpkg's list, those only unpacked by their
files in PACKAGES (image/kernel.packages), the voices and the pages by their lock files.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

type Component = dict[str, Any]


def debian(status: Path) -> Iterator[Component]:
    for block in status.read_text("utf-8").split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture|Status): (.*)$", block, re.M))
        if fields.get("Status", "").endswith(" installed"):
            yield _deb(fields["Package"], fields["Version"], fields["Architecture"])


def unpacked(folder: Path) -> Iterator[Component]:
    for file in sorted(folder.glob("*.deb")):
        name, version, architecture = file.stem.split("_")
        yield _deb(name, version.replace("%3a", ":"), architecture)


def _deb(name: str, version: str, architecture: str) -> Component:
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:deb/debian/{name}@{version}?arch={architecture}",
    }


def voices(lock: Path) -> Iterator[Component]:
    for line in lock.read_text("utf-8").splitlines():
        words = line.split()
        if len(words) != 6 or line.startswith("#") or words[3] not in ("any", "x86_64"):
            continue
        kind, name, version, _, digest, _ = words
        component = {
            "type": "machine-learning-model" if kind == "model" else "library",
            "name": name,
            "version": version,
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        if kind != "model":
            component["purl"] = f"pkg:{'pypi' if kind == 'pip' else kind}/{name}@{version}"
        yield component


def pages(lock: Path) -> Iterator[Component]:
    for path, one in json.loads(lock.read_text("utf-8"))["packages"].items():
        if path and not one.get("dev") and not one.get("optional"):
            name = path.rpartition("node_modules/")[2]
            purl = f"pkg:npm/{name.replace('@', '%40')}@{one['version']}"
            yield {"type": "library", "name": name, "version": one["version"], "purl": purl}


def main() -> None:
    root, repo, packages = map(Path, sys.argv[1:4])
    found = [
        *debian(root / "var/lib/dpkg/status"),
        *unpacked(packages),
        *voices(repo / "image/voice.lock"),
        *voices(repo / "image/app.lock"),
        *pages(repo / "web/package-lock.json"),
    ]
    found.sort(key=lambda one: (one.get("purl", ""), one["name"]))
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "firmware", "name": "linebox", "version": sys.argv[4]},
        },
        "components": found,
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
