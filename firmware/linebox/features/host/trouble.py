"""What is wrong with the certificate, as the home page tells it: hostd leaves it in a file."""

from __future__ import annotations

import json
import logging
from typing import Final

from linebox.base.errors import InputError
from linebox.base.shapes import parse
from linebox.config.paths import Paths
from linebox.features.host.model import Trouble

log = logging.getLogger(__name__)

#: In ``/data/public``; there while something is wrong.
TROUBLE: Final = "certificate-trouble.json"


def trouble(at: Paths) -> Trouble | None:
    """What hostd found last; None: nothing is wrong."""
    try:
        return parse(Trouble, json.loads((at.data / "public" / TROUBLE).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, InputError):
        log.exception("%s can't be read", TROUBLE)
        return None
