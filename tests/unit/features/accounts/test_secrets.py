"""Codes and password hashes."""

from __future__ import annotations

import re

import pytest

from linebox.features.accounts.secrets import hash_password, new_code, verify


@pytest.mark.req("SEC-2")
def test_setup_codes_are_readable_and_differ() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    for code in codes:
        assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){3}", code)


@pytest.mark.req("SEC-2")
def test_a_password_is_known_by_its_hash_alone() -> None:
    stored = hash_password("correct horse")
    assert "correct" not in stored
    assert stored != hash_password("correct horse")
    assert verify("correct horse", stored)
    assert verify("correct horse", stored + "\n")
    assert not verify("Correct horse", stored)
    assert not verify("", stored)


def test_a_setup_code_may_be_typed_carelessly() -> None:
    stored = hash_password("7KQX-93MF-HT2W-8RPD")
    assert verify("7kqx93mfht2w8rpd", stored)
    assert verify(" 7KQX 93MF HT2W 8RPD ", stored)
    assert not verify("7KQX-93MF-HT2W-8RPX", stored)


@pytest.mark.parametrize(
    "stored", ["", "plain", "scrypt$1$1$1$zz$00", "scrypt$16384$8$5$00$", "scrypt$15$8$1$00$00"]
)
def test_a_damaged_hash_lets_nobody_in(stored: str) -> None:
    assert not verify("", stored)
    assert not verify("x", stored)
