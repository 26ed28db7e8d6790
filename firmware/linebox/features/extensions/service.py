"""What other parts may ask of extensions."""

from __future__ import annotations

import secrets


def new_secret() -> str:
    """A SIP password of 120 random bits, letters and digits only: phones' keypads and pages."""
    return secrets.token_hex(15)
