"""What other parts may ask of extensions."""

from __future__ import annotations

import re
import secrets
from typing import Final

from linebox.features.extensions.model import Extension

#: What a display name may not bring into a From header; controls are refused by the writer.
_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f"<>\\]')


def new_secret() -> str:
    """A SIP password of 120 random bits, letters and digits only: phones' keypads and pages."""
    return secrets.token_hex(15)


def caller_name(extension: Extension) -> str:
    """Its name as a From header or a telephone's display takes it."""
    return _NOT_IN_NAMES.sub("", extension.name).strip()
