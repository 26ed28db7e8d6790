"""What may be chosen as a password."""

from __future__ import annotations

import pytest

from linebox.base.errors import InputError
from linebox.features.accounts.passwords import check_new, is_obvious


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "Password2026!",
        "P@ssw0rd2026",
        "1234567890",
        "0987654321",
        "123456789012",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "aaaaaaaaaa",
        "abababababab",
        "abc123abc123",
        "woaini1314520",
        "linebox123456",
        "1001100110",
        "1001-1001-123",
        "admin12345678",
        "kefu888888",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert is_obvious(password, "1001")


@pytest.mark.parametrize(
    "password",
    [
        "lamp river 48 stone",
        "Ga7!kd92Lm",
        "白云山下有一个村子",
        "13-bikes-in-Hangzhou",
        "7KQX-93MF-HT2W-8RPD",
        "correcthorse",
    ],
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert not is_obvious(password, "1001")


def test_a_password_is_ten_characters_and_another_than_before() -> None:
    for new, code in (("Ga7!kd92L", "too-short"), (" lamp river 48 ", "password-same")):
        with pytest.raises(InputError) as caught:
            check_new(new, "1001", "lamp river 48")
        assert code in str(caught.value)
