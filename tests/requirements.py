"""Which requirements have tests, which don't: python3 tests/requirements.py [--missing]."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


def required() -> dict[str, str]:
    """Id → first words, from docs/requirements.md."""
    text = (REPO / "docs/requirements.md").read_text("utf-8")
    return {m[1]: m[2][:80] for m in re.finditer(r"^- ([A-Z]+-\d+) (.*)$", text, re.M)}


def tested() -> dict[str, set[str]]:
    """Id → test files that name it by ``@pytest.mark.req``."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((REPO / "tests").rglob("test_*.py")):
        for mark in re.finditer(r"mark\.req\(([^)]*)\)", path.read_text("utf-8")):
            for name in re.findall(r"[A-Z]+-\d+", mark[1]):
                found[name].add(str(path.relative_to(REPO)))
    return found


def main() -> int:
    wanted, have = required(), tested()
    if unknown := sorted(set(have) - set(wanted)):
        print(f"named by tests but not in docs/requirements.md: {', '.join(unknown)}")
        return 1
    for name, words in wanted.items():
        if name in have and "--missing" not in sys.argv:
            print(f"{name:8} {', '.join(sorted(have[name]))}")
        elif name not in have:
            print(f"{name:8} no test: {words}")
    print(f"{len(have)} of {len(wanted)} requirements have tests")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
