from __future__ import annotations

import ipaddress

import pytest

from linebox.features.guard.model import FAILURES, WITHIN_S, Guesses, address_of

GUESSER = ipaddress.ip_address("192.0.2.7")
NOBODY = frozenset()


def fail(
    guesses: Guesses, address, count: int, *, every_s: float = 1.0, trusted=NOBODY
) -> int | None:
    """The number of the failure that brings the ban."""
    for n in range(1, count + 1):
        if guesses.failed(address, now_s=n * every_s, trusted=trusted):
            return n
    return None


@pytest.mark.req("SEC-2")
def test_guessing_is_stopped_within_ten_tries() -> None:
    assert fail(Guesses(), GUESSER, 10) == FAILURES <= 10


def test_slow_failures_of_a_forgetful_person_are_forgiven() -> None:
    assert fail(Guesses(), GUESSER, 50, every_s=WITHIN_S / (FAILURES - 2)) is None


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_is_never_banned(address: str) -> None:
    assert fail(Guesses(), ipaddress.ip_address(address), 1000) is None


def test_the_carrier_is_never_banned() -> None:
    assert fail(Guesses(), GUESSER, 1000, trusted=frozenset({GUESSER})) is None


def test_after_a_ban_counting_begins_anew() -> None:
    guesses = Guesses()
    assert fail(guesses, GUESSER, FAILURES) == FAILURES
    assert fail(guesses, GUESSER, FAILURES - 1) is None


def test_failures_of_others_do_not_add_up() -> None:
    guesses = Guesses()
    others = [ipaddress.ip_address(f"198.51.100.{n}") for n in range(50)]
    assert not any(guesses.failed(each, now_s=1.0, trusted=NOBODY) for each in others)


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("IPV4/UDP/192.0.2.7/5060", "192.0.2.7"),
        ("IPV6/TLS/2001:db8::7/5061", "2001:db8::7"),
        ("IPV6/UDP/::ffff:192.0.2.7/5060", "192.0.2.7"),
        ("nonsense", None),
        ("", None),
        ("IPV4/UDP/not an address/5060", None),
    ],
)
def test_asterisks_way_of_writing_an_address(remote: str, expected: str | None) -> None:
    assert address_of(remote) == (ipaddress.ip_address(expected) if expected else None)
