"""Telling Asterisk how many messages wait for a telephone (TEL-2, TEL-5).

Debian's Asterisk has no ``res_mwi_external``, but what another Asterisk tells it sets the same
state: a SIP PUBLISH of the event ``asterisk-mwi`` (res_pjsip_publish_asterisk.c), here from
loopback and with a secret. From then on the state is Asterisk's until its end: a telephone that
registers later is told by it.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import re
import secrets
from typing import Final, override

from linebox.base.errors import Unavailable

#: Its endpoint, auth, publication and resource (static/pjsip.conf).
USER: Final = "lb-mwi"
#: A system's identity there is a MAC address. Another than Asterisk's own (asterisk.conf).
_EID: Final = "02:00:00:00:00:01"
_BOX: Final = ("127.0.0.1", 5060)
#: Asterisk forgets the publication, not the state.
_EXPIRES_S: Final = 60
#: RFC 3261 17.1.2.2 repeats a request over UDP; on loopback only a busy Asterisk is silent.
_TRIES: Final = 3
_ANSWER_S: Final = 1.0
_FIELD: Final = re.compile(r'(\w+)="?([^",]*)"?')


class _Answers(asyncio.DatagramProtocol):
    """What comes, by Call-ID and CSeq."""

    def __init__(self) -> None:
        self.waited: dict[tuple[str, str], asyncio.Future[dict[str, str]]] = {}

    @override
    def datagram_received(self, data: bytes, addr: object) -> None:
        first, *lines = data.decode("utf-8", "replace").split("\r\n\r\n")[0].split("\r\n")
        if not first.startswith("SIP/2.0 "):
            return
        head = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        head["status"] = first.split()[1]
        waits = self.waited.get((head.get("call-id", ""), head.get("cseq", "")))
        if waits is not None and not waits.done() and head["status"] >= "200":
            waits.set_result(head)


class Mwi:
    """One socket; open by ``async with``."""

    def __init__(self, secret: str, *, box: tuple[str, int] = _BOX) -> None:
        self._secret = secret
        self._box = box
        self._answers = _Answers()
        self._transport: asyncio.DatagramTransport | None = None
        self._numbers = itertools.count(1)
        self._tag = secrets.token_hex(6)

    async def __aenter__(self) -> Mwi:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self._answers, remote_addr=self._box
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()

    async def tell(self, mailbox: str, waiting: int) -> None:
        """So many messages wait in ``mailbox``.

        Raises ``Unavailable`` when Asterisk doesn't take it.
        """
        body = {"type": "mailboxstate", "eid": _EID, "uniqueid": mailbox, "new": waiting, "old": 0}
        text = json.dumps(body)
        call_id = f"{next(self._numbers)}.{self._tag}"
        answer = await self._ask(call_id, 1, text, "")
        if answer["status"] in ("401", "407"):
            proof = self._proof(answer.get("www-authenticate", ""))
            answer = await self._ask(call_id, 2, text, proof)
        if answer["status"] != "200":
            raise Unavailable("asterisk-away", reason=f"PUBLISH: {answer['status']}")

    async def _ask(self, call_id: str, number: int, body: str, proof: str) -> dict[str, str]:
        if self._transport is None:
            raise Unavailable("asterisk-away", reason="not open")
        host, port = self._transport.get_extra_info("sockname")[:2]
        lines = [
            f"PUBLISH {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{call_id}.{number}",
            f"From: <{self._uri}>;tag={self._tag}",
            f"To: <{self._uri}>",
            f"Call-ID: {call_id}",
            f"CSeq: {number} PUBLISH",
            "Max-Forwards: 5",
            "Event: asterisk-mwi",
            f"Expires: {_EXPIRES_S}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        request = "\r\n".join([*lines, *([proof] if proof else []), "", body]).encode()
        key = (call_id, f"{number} PUBLISH")
        waits: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._answers.waited[key] = waits
        try:
            for _ in range(_TRIES):
                self._transport.sendto(request)
                done, _ = await asyncio.wait([waits], timeout=_ANSWER_S)
                if done:
                    return waits.result()
        finally:
            del self._answers.waited[key]
        raise Unavailable("asterisk-away", reason="no answer to PUBLISH")

    @property
    def _uri(self) -> str:
        return f"sip:{USER}@{self._box[0]}:{self._box[1]}"

    def _proof(self, challenge: str) -> str:
        """RFC 2617 3.2.2, with ``qop`` where it is asked for."""
        asked = dict(_FIELD.findall(challenge))
        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        who = _md5(f"{USER}:{realm}:{self._secret}")
        what = _md5(f"PUBLISH:{self._uri}")
        said = f'username="{USER}", realm="{realm}", nonce="{nonce}", uri="{self._uri}"'
        said += f', opaque="{asked.get("opaque", "")}", algorithm=MD5'
        if "qop" not in asked:
            return f'Authorization: Digest {said}, response="{_md5(f"{who}:{nonce}:{what}")}"'
        ours = secrets.token_hex(8)
        response = _md5(f"{who}:{nonce}:00000001:{ours}:auth:{what}")
        return (
            f'Authorization: Digest {said}, qop=auth, nc=00000001, cnonce="{ours}",'
            f' response="{response}"'
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
