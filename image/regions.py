"""regions.py WHEEL CSV: the regions of China's numbers, from `phonenumbers`, as one sorted table.

A number's region is that of the longest prefix it begins with; features/customers/regions.py reads
it.
"""

from __future__ import annotations

import csv
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

CHINA = "86"


def main(wheel: str, target: str) -> None:
    with zipfile.ZipFile(wheel) as package:
        made = date(*package.getinfo("phonenumbers/geodata/__init__.py").date_time[:3])
    sys.path.insert(0, wheel)
    from phonenumbers import __version__
    from phonenumbers.geodata import GEOCODE_DATA

    lines = sorted(rows(GEOCODE_DATA))
    with Path(target).open("w", encoding="utf-8", newline="\n") as out:
        out.write("# source: libphonenumber (Apache-2.0), by the Python package phonenumbers\n")
        out.write(f"# version: {__version__}\n# date: {made}\n")
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("prefix", "zh", "en"))
        table.writerows(lines)


def rows(data: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Lines of the table: prefixes as they are dialled inside China, so 0 before a landline's."""
    for prefix, names in data.items():
        if not prefix.startswith(CHINA) or not {"zh", "en"} <= names.keys():
            continue
        inside = prefix.removeprefix(CHINA)
        mobile = inside.startswith("1") and not inside.startswith("10")
        yield inside if mobile else f"0{inside}", names["zh"], names["en"]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
