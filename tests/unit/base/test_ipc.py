"""One process of ours asks another: what it answers, refuses, or leaves unsaid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.peer import answering, head, whole
from linebox.base import messages
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.ipc import Peer
from linebox.features.settings.confd import Confd, Refused


@dataclass(frozen=True, kw_only=True)
class Counted:
    number: int


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "api.sock"


async def _error(
    socket: Path, *parts: bytes, limit_s: float = 5.0, pause_s: float = 0
) -> tuple[type[LineboxError], str, dict[str, object]]:
    async with answering(socket, *parts, pause_s=pause_s):
        with pytest.raises(LineboxError) as caught:
            await Peer("calld", socket, largest_mb=1).json("POST", "/act", {}, limit_s=limit_s)
    return type(caught.value), caught.value.code, caught.value.fields


async def test_answer_is_its_json_and_an_empty_one_is_none(socket: Path) -> None:
    async with answering(socket, whole('{"名": [1]}'.encode())):
        assert await Peer("calld", socket).json("GET", "/live", limit_s=5.0) == {"名": [1]}
    async with answering(socket, whole(b"")):
        assert await Peer("calld", socket).json("GET", "/live", limit_s=5.0) is None


@pytest.mark.parametrize(
    ("state", "kind"), [("409 Conflict", InputError), ("503 Service Unavailable", Unavailable)]
)
async def test_what_the_peer_refuses_with_is_raised_here(
    socket: Path, state: str, kind: type[LineboxError]
) -> None:
    told = json.dumps({"code": "agent-busy", "fields": {"agent": "1001"}}).encode()

    assert await _error(socket, whole(told, state)) == (kind, "agent-busy", {"agent": "1001"})


@pytest.mark.parametrize(
    "body", [b"Bad Gateway", b"[]", b'{"code": 4}', b'{"code": "x", "fields": 3}', b"\xff\xfe\x00"]
)
async def test_refusal_that_says_nothing_is_a_peer_that_is_away(socket: Path, body: bytes) -> None:
    assert await _error(socket, whole(body, "502 Bad Gateway")) == (
        Unavailable,
        "calld-away",
        {"reason": "HTTP 502"},
    )


async def test_an_answer_of_another_shape_is_the_peers_fault_not_the_askers(socket: Path) -> None:
    async with answering(socket, whole(b'{"number": "x"}')):
        with pytest.raises(LineboxError) as caught:
            await Peer("calld", socket).told(Counted, "GET", "/count", limit_s=5.0)
    assert (type(caught.value), caught.value.code) == (Unavailable, "calld-away")
    async with answering(socket, whole(b'{"number": 4}')):
        told = await Peer("calld", socket).told(Counted, "GET", "/count", limit_s=5.0)
    assert told == Counted(number=4)


async def test_peer_that_is_away_slow_or_talks_nonsense_is_told_as_such(socket: Path) -> None:
    with pytest.raises(Unavailable, match="calld-away"):
        await Peer("calld", socket.with_name("nobody")).json("GET", "/live", limit_s=5.0)
    for parts, code in (
        ((b"nonsense\r\n\r\n",), "calld-away"),
        ((whole(b"no JSON"),), "calld-away"),
        ((head(5), b"cut"), "calld-away"),
    ):
        assert (await _error(socket, *parts))[:2] == (Unavailable, code)
    assert await _error(socket, head(5), b"slow", b"!", limit_s=0.2, pause_s=0.3) == (
        Unavailable,
        "peer-timeout",
        {"peer": "calld"},
    )


async def test_answer_over_the_limit_is_refused_and_not_cut(socket: Path) -> None:
    pieces = [b"x" * 2**18] * 5

    assert await _error(socket, head(5 * 2**18), *pieces) == (
        Unavailable,
        "answer-too-large",
        {"peer": "calld", "max_mb": 1},
    )


async def test_confd_says_with_which_state_it_refused(socket: Path) -> None:
    told = json.dumps({"code": "generation-differs", "fields": {}}).encode()

    async with answering(socket, whole(told, "409 Conflict")):
        with pytest.raises(Refused) as caught:
            await Confd(socket).apply(by="admin", note="")

    assert (caught.value.state, caught.value.code) == (409, "generation-differs")


@pytest.mark.req("SET-6")
def test_every_peer_that_can_be_away_has_its_sentence() -> None:
    assert {f"{name}-away" for name in ("calld", "confd", "hostd")} <= messages.catalogue().keys()
