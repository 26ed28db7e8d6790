"""documentation.py FROM TO: what Asterisk needs of its own manual, 7 % of it.

Asterisk parses it at each start and looks every application, function and event up in it: three
quarters of its start's work, for help on a console that no owner sees. Needed are only the
declarations of settings, without which it doesn't start, and the names that it complains about.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

#: Looked up before anything says that it isn't wanted: a warning each at every start.
NAMED = {
    *(("manager", name) for name in ("DBGet", "DBGetTree", "DBPut", "DBDel", "DBDelTree")),
    ("function", "LOG_GROUP"),
}
SAID = ("description", "see-also", "since")


def pared(root: ET.Element) -> None:
    """Leave the settings' declarations, without their prose."""
    for part in list(root):
        if part.tag != "configInfo" and (part.tag, part.get("name")) not in NAMED:
            root.remove(part)
    for element in list(root.iter()):
        for child in [child for child in element if child.tag in SAID]:
            element.remove(child)
        if element.tag == "synopsis":
            for child in list(element):
                element.remove(child)
            element.text = ""
        element.text, element.tail = (element.text or "").strip(), ""


def main(source: str, target: str) -> None:
    manual = ET.parse(source)  # noqa: S314 - Debian's own file
    pared(manual.getroot())
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    manual.write(target, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
