"""documentation.py FROM TO: what Asterisk needs of its own manual, a sixth of it.

Asterisk parses it at each start and looks every application, function and event up in it: three
quarters of its start's work, for help on a console that no owner sees. Needed are only the
declarations of settings, without which it doesn't start, and everything's name: it complains of one
that isn't there.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

SAID = ("description", "see-also", "since")


def pared(root: ET.Element) -> None:
    """Leave the settings' declarations without their prose, of the rest the names."""
    for part in list(root):
        if part.tag == "module":
            root.remove(part)
        elif part.tag != "configInfo":
            for child in list(part):
                part.remove(child)
            ET.SubElement(part, "synopsis")
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
