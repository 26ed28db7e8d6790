"""RFC 6238's own numbers (appendix B, SHA-1, the last six digits)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from linebox.features.accounts import totp

_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)
    assert totp.step_of(_SECRET, code, now) == at // 30


def test_a_code_counts_one_step_before_and_after_and_no_longer() -> None:
    code = totp.code(_SECRET, 1000)
    found = [
        totp.step_of(_SECRET, code, datetime.fromtimestamp(1000 * 30 + off, UTC))
        for off in (-31, -30, 0, 29, 30, 59, 60)
    ]
    assert found == [None, 1000, 1000, 1000, 1000, 1000, None]


def test_the_qr_code_says_box_login_and_key() -> None:
    assert totp.uri("ABC", "1001", "Linebox") == (
        "otpauth://totp/Linebox:1001?secret=ABC&issuer=Linebox"
    )
