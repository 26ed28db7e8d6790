"""A prompt recorded by telephone: what becomes of the call, and the sound that waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from linebox.asterisk.ami import Handler, Message
from linebox.base.errors import InputError, Unavailable
from linebox.features.prompts.phone import UNDER_WAY, State, Take, Takes, TakeWish

pytestmark = pytest.mark.req("IVR-2")
WISH = TakeWish(phone="8001", lang="zh", by="owner")
SOUND = {"file": "a" * 32, "seconds": 3.2, "lufs": -20.0, "peak_db": -6.0, "flags": []}


class Phone:
    """Asterisk, as far as a recording asks it, and confd, which keeps the sound."""

    def __init__(self) -> None:
        self.handler: Handler | None = None
        self.asked: dict[str, object] = {}
        self.kept: list[bytes] = []
        self.refuses = ""

    @asynccontextmanager
    async def connect(self, on_event: Handler) -> AsyncIterator[Phone]:
        self.handler = on_event
        yield self

    async def action(self, _name: str, /, **headers: object) -> Message:
        self.asked = headers
        return Message("Success", {}, "", is_event=False)

    async def listing(self, name: str, /, **_: object) -> list[Message]:
        raise NotImplementedError(name)

    async def command(self, line: str, /, **_: object) -> list[str]:
        raise NotImplementedError(line)

    async def keep(self, data: bytes) -> object:
        self.kept.append(data)
        if self.refuses:
            raise InputError(self.refuses)
        return SOUND

    @property
    def name(self) -> str:
        variables = self.asked["Variable"]
        assert isinstance(variables, list)
        return str(variables[0]).removeprefix("__LB_TAKE=")

    async def tell(self, state: str, name: str = "") -> None:
        async with asyncio.timeout(5):
            while not self.asked:  # noqa: ASYNC110  until it has dialled
                await asyncio.sleep(0)
        assert self.handler
        fields = {"UserEvent": "LB_TAKE", "Take": name or self.name, "State": state}
        self.handler(Message("UserEvent", fields, "", is_event=True))


def made(phone: Phone, folder: Path) -> Takes:
    return Takes(phone.connect, phone.keep, folder)


async def comes_to(takes: Takes, wanted: State) -> Take:
    async with asyncio.timeout(5):
        while takes.of("owner")[0].state is not wanted:  # noqa: ASYNC110  as a page asks
            await asyncio.sleep(0.005)
    return takes.of("owner")[0]


async def test_what_is_said_waits_for_who_asked_and_no_file_stays(tmp_path: Path) -> None:
    phone = Phone()
    takes = made(phone, tmp_path)
    id_ = takes.start(WISH, "abc").id
    await phone.tell("recorded", name="another")
    assert takes.of("owner")[0].state is State.RINGING
    await phone.tell("recording")
    assert takes.of("owner")[0].state is State.RECORDING
    with pytest.raises(InputError, match="take-running"):
        takes.away(id_, "owner")
    with pytest.raises(InputError, match="take-running"):
        takes.start(WISH, "abc")
    (tmp_path / f"{phone.name}.wav").write_bytes(b"a sound")
    await phone.tell("recorded")
    await phone.tell("ended")
    take = await comes_to(takes, State.READY)
    assert take.sound is not None
    assert take.sound.file == "a" * 32
    assert phone.kept == [b"a sound"]
    async with asyncio.timeout(5):
        while list(tmp_path.iterdir()):  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.005)
    assert phone.asked["Channel"] == "Local/8001@lb-desk-take-abc/n"
    assert takes.of("somebody") == ()
    with pytest.raises(InputError, match="not-found"):
        takes.away(id_, "somebody")
    takes.away(id_, "owner")
    assert takes.of("owner") == ()


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("UNAVAILABLE", State.AWAY),
        ("INUSE", State.BUSY),
        ("NOANSWER", State.UNANSWERED),
        ("BUSY", State.BUSY),
        ("WHATEVER", State.FAILED),
        ("ended", State.MISSED),
    ],
)
async def test_a_phone_that_gives_no_sound_says_why(
    tmp_path: Path, told: str, state: State
) -> None:
    phone = Phone()
    takes = made(phone, tmp_path)
    takes.start(WISH, "abc")
    await phone.tell(told)
    assert (await comes_to(takes, state)).sound is None
    assert phone.kept == []


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("sound-empty", State.SILENT),
        ("sound-unreadable", State.SHORT),
        ("sounds-full", State.FAILED),
    ],
)
async def test_a_sound_that_is_none_is_told(tmp_path: Path, code: str, state: State) -> None:
    phone = Phone()
    phone.refuses = code
    takes = made(phone, tmp_path)
    takes.start(WISH, "abc")
    await phone.tell("recording")
    (tmp_path / f"{phone.name}.wav").write_bytes(b"nothing")
    await phone.tell("ended")
    await comes_to(takes, state)


async def test_an_asterisk_that_is_away_fails_it(tmp_path: Path) -> None:
    @asynccontextmanager
    async def away(_: Handler) -> AsyncIterator[Phone]:
        raise Unavailable("asterisk-away", reason="gone")
        yield Phone()

    takes = Takes(away, Phone().keep, tmp_path)
    takes.start(WISH, "abc")
    assert (await comes_to(takes, State.FAILED)).state not in UNDER_WAY
