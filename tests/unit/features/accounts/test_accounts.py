"""Sessions, and wrong passwords: slow, counted, locked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.webd import HASHED, PASSWORD
from linebox.base.errors import InputError
from linebox.features.accounts.model import OWNER
from linebox.features.accounts.service import Accounts


class Hand:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "setup-code.scrypt").write_text(HASHED)
    (tmp_path / "session-key").write_text("k" * 64)
    monkeypatch.setattr(Accounts, "WRONG_TAKES_S", 0.0)
    yield tmp_path


def accounts(folder: Path, clock: Hand) -> Accounts:
    return Accounts(folder, folder, folder / "log-in.json", clock)


async def refusal(box: Accounts, address: str, password: str = "wrong") -> InputError:
    with pytest.raises(InputError) as caught:
        await box.check_password(password, address, stored=HASHED)
    return caught.value


def test_a_session_holds_twelve_hours(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    opened = box.new_session()
    cookie = opened.cookie
    assert opened.signed.until == clock() + timedelta(hours=12)
    clock.move(12 * 3600 - 1)
    held = box.session(cookie)
    assert held is not None
    assert held.person == OWNER
    clock.move(2)
    assert box.session(cookie) is None


def test_a_forged_session_is_nobody_s(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    cookie = box.new_session().cookie
    login, role, agent, id_, until, signature = cookie.split(".")
    forged = [
        "",
        "a.b.c",
        f"root.{role}.{agent}.{id_}.{until}.{signature}",
        f"{login}.{role}.{agent}.{id_}.{int(until) + 1}.{signature}",
        f"{login}.{role}.{agent}.{id_}.{until}.",
        f"{login}.{role}.{agent}.{id_}.{until}.{signature[:-1]}é",
        f"{login}.{role}.{agent}.{id_}.²{until}.{signature}",
        f"{login}.agent.1001.{id_}.{until}.{signature}",
        f"{login}.{id_}.{until}.{signature}",
        f"{cookie}x",
        "x" * 10_000,
    ]
    assert [box.session(one) for one in forged] == [None] * len(forged)
    (folder / "session-key").write_text("another" * 10)
    assert box.session(cookie) is None


def test_a_session_that_ended_stays_ended_after_a_restart(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    cookie = box.new_session().cookie
    other = box.new_session().cookie
    held = box.session(cookie)
    assert held is not None
    box.end(held.id)
    again = accounts(folder, clock)
    assert again.session(cookie) is None
    assert again.session(other) is not None


@pytest.mark.req("SEC-1")
async def test_guessing_is_locked_and_says_how_many_tries_are_left(
    folder: Path, clock: Hand
) -> None:
    box = accounts(folder, clock)
    told = [await refusal(box, "10.0.0.9") for _ in range(5)]
    assert [error.fields.get("tries_left") for error in told] == [4, 3, 2, 1, None]
    assert told[-1].code == "locked"
    assert told[-1].fields["wait_s"] == 60
    assert (await refusal(box, "10.0.0.9", PASSWORD)).code == "locked"
    await box.check_password(PASSWORD, "10.0.0.8", stored=HASHED)
    clock.move(61)
    await box.check_password(PASSWORD, "10.0.0.9", stored=HASHED)
    assert box.allowance("10.0.0.9") == (0, 5)


async def test_each_lock_is_longer_than_the_last(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    waits: list[object] = []
    for _ in range(12):
        error = await refusal(box, "10.0.0.9")
        if error.code == "locked":
            waits.append(error.fields["wait_s"])
            clock.move(float(str(error.fields["wait_s"])))
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


async def test_a_restart_forgives_nobody(folder: Path, clock: Hand) -> None:
    for _ in range(5):
        await refusal(accounts(folder, clock), "10.0.0.9")
    assert accounts(folder, clock).allowance("10.0.0.9") == (60, 0)


async def test_many_addresses_together_are_locked_too(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    for n in range(40):
        await refusal(box, f"10.0.1.{n}")
    assert box.allowance("10.0.0.7")[0] == 60
    assert box.allowance("127.0.0.1") == (0, 5)


async def test_addresses_of_one_ipv6_network_count_together(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    for n in range(5):
        await refusal(box, f"2001:db8:1:2::{n}")
    assert box.allowance("2001:db8:1:2:ffff::9")[0] == 60
    assert box.allowance("2001:db8:1:3::1") == (0, 5)
    await refusal(box, "::ffff:10.0.0.5")
    assert box.allowance("10.0.0.5") == (0, 4)


async def test_loopback_is_slow_but_never_locked(folder: Path, clock: Hand) -> None:
    box = accounts(folder, clock)
    codes = {(await refusal(box, "127.0.0.1")).code for _ in range(8)}
    assert codes == {"wrong-password"}
    await box.check_password(PASSWORD, "127.0.0.1", stored=HASHED)


async def test_without_a_password_nobody_gets_in(tmp_path: Path, clock: Hand) -> None:
    box = accounts(tmp_path, clock)
    assert not box.set_up()
    assert box.owners_password() is None


async def test_a_damaged_state_file_starts_from_nothing(folder: Path, clock: Hand) -> None:
    for text in ("{", "[]", '{"ended": 1, "tries": {}, "all": []}', "\x00", '{"ended": {}}'):
        (folder / "log-in.json").write_text(text)
        assert accounts(folder, clock).allowance("10.0.0.9") == (0, 5)
