"""What comes over the wire can't become dialplan, forge a record or stop Asterisk."""

from __future__ import annotations

import random
import re
import textwrap

import pytest

from fixtures.dialplan_house import DID
from fixtures.dialplan_line import Line
from linebox.asterisk.journals import read_cel

_HOSTILE = {
    "line break in the number": '"x" <sip:139%0a1795350000%7cs1%7cg1%7cagent-1001%7cCONNECT@127.0.0.20>',
    "quotes in the number": "<sip:%22,%22139%22@127.0.0.20>",
    "dialplan in the number": "<sip:$%7bSHELL(id)%7d@127.0.0.20>",
    "expression in the number": "<sip:1%22%20=%20%221@127.0.0.20>",
    "separators in the number": "<sip:139%7cid=1%2c2%263%3b4@127.0.0.20>",
    "not UTF-8": "<sip:139%ff%fe@127.0.0.20>",
    "nothing but signs": "<sip:---@127.0.0.20>",
    "a long number": f"<sip:{'9' * 900}@127.0.0.20>",
}
_NAMES = {
    "Chinese": '"张三，广州" <sip:13900001111@127.0.0.20>',
    "dialplan": '"${EXTEN},1 & ; $(id) `id`" <sip:13900001111@127.0.0.20>',
    "separators": '"a|b,c;d=e\\\\" <sip:13900001111@127.0.0.20>',
    "4 kB": f'"{"长" * 1300}" <sip:13900001111@127.0.0.20>',
}


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("what", _HOSTILE)
def test_hostile_number_is_invalid_never_joined(line: Line, what: str) -> None:
    assert line.telephones.call(DID, [900, "#", 1500], header=_HOSTILE[what]).succeeded(20)
    entries = [said for name, said in line.notes() if name == "LB_ENTRY"]
    assert [e["from"] for e in entries] == ["invalid"]
    assert line.events() == []


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("what", _NAMES)
def test_any_name_goes_through_and_the_record_is_true(line: Line, what: str) -> None:
    assert line.telephones.call(DID, [900, "#", 1500], header=_NAMES[what]).succeeded(20)
    entries = [said for name, said in line.notes() if name == "LB_ENTRY"]
    assert [e["from"] for e in entries] == ["13900001111"]
    assert "[pbx.c]" not in line.complaints()


@pytest.mark.req("ACD-7")
def test_anonymous_caller_is_served(line: Line) -> None:
    header = '"Anonymous" <sip:anonymous@anonymous.invalid>'
    assert line.telephones.call(DID, [900, "2", 6000, "#", 1500], header=header).succeeded(30)
    entries = [said for name, said in line.notes() if name == "LB_ENTRY"]
    assert [e["from"] for e in entries] == ["invalid"]  # letters are no number


@pytest.mark.req("SEC-2")
def test_strangers_and_guessers_are_refused_and_noted(line: Line) -> None:
    for _ in range(3):
        assert line.telephones.registering("8001", "guess", code=401).succeeded(15)
    assert line.telephones.registering("9999", "guess", code=401).succeeded(15)
    refused = [row for row in line.log().splitlines() if "Failed to authenticate" in row]
    assert sum("'8001'" in row or "sip:8001@" in row for row in refused) >= 3
    assert all("127.0.0.21" in row for row in refused)
    assert line.notes() == []


def _seconds(uptime: str) -> int:
    found = re.search(r"System uptime: (\d+)", uptime)
    assert found, uptime
    return int(found[1])


@pytest.mark.req("SEC-2")
def test_malformed_sip_stops_nothing(line: Line) -> None:
    before = line.rig.asterisk("core show uptime seconds")
    made = random.Random(5)
    template = (
        "INVITE sip:4008001234@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.20:5999;branch=z9hG4bK1\r\n"
        "From: <sip:139@127.0.0.20>;tag=1\r\nTo: <sip:4008001234@127.0.0.1>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
        "Contact: <sip:x@127.0.0.20:5999>\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0\r\no=-\r\n"
    )
    packets = [template.encode()]
    for _ in range(400):
        data = bytearray(template.encode())
        for _ in range(made.randrange(1, 12)):
            data[made.randrange(len(data))] = made.randrange(256)
        packets.append(bytes(data[: made.randrange(20, len(data) + 1)]))
    packets += [
        b"",
        b"\0" * 1400,
        b"INVITE " * 200,
        template.replace("9\r\n\r\n", "99999999\r\n\r\n").encode(),
    ]
    sender = textwrap.dedent(f"""
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.20", 5999))
        for p in {packets!r}:
            s.sendto(p, ("127.0.0.1", 5060)); time.sleep(0.002)
    """)
    path = line.rig.folder / "sender.py"
    path.write_text(sender)
    line.rig.sh("python3", path)
    line.announced += ["pjproject", "res_pjsip", "sip_", "PJSIP", "Error processing"]
    line.rig.asterisk("channel request hangup all")
    assert line.telephones.call(DID, [900, "#", 1500]).succeeded(20)
    assert _seconds(line.rig.asterisk("core show uptime seconds")) >= _seconds(before)
    cel = (line.rig.data / "journal/cel-custom/cel.csv").read_bytes()
    assert not read_cel(cel, 0, finished=True).rejects


#: Sends each packet as a WebSocket message of SIP; one that is hung up on comes again on another.
_BY_WEBSOCKET = """
import asyncio, aiohttp
PACKETS = {packets!r}
async def main():
    left = list(PACKETS)
    async with aiohttp.ClientSession() as session:
        while left:
            try:
                async with session.ws_connect("http://127.0.0.1:8088/ws", protocols=("sip",), max_msg_size=0) as ws:
                    for _ in range(40):
                        if not left:
                            return
                        packet = left.pop()
                        if len(packet) % 3:
                            await ws.send_bytes(packet)
                        else:
                            await ws.send_str(packet.decode("latin-1"))
                        await asyncio.sleep(0.002)
            except (aiohttp.ClientError, ConnectionError):
                continue
asyncio.run(asyncio.wait_for(main(), 60))
"""


@pytest.mark.req("SEC-2", "TEL-6")
def test_malformed_sip_by_websocket_stops_nothing(line: Line) -> None:
    before = line.rig.asterisk("core show uptime seconds")
    made = random.Random(11)
    whole = (
        b"REGISTER sip:linebox SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n"
        b"From: <sip:w1001@linebox>;tag=1\r\nTo: <sip:w1001@linebox>\r\nCall-ID: y\r\nCSeq: 1 REGISTER\r\n"
        b"Contact: <sip:w1001@x.invalid;transport=ws>\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n"
    )
    packets = [b"", b"\r\n", b"\0" * 4000, whole[:50], b"INVITE " * 3000, whole + b"x" * 60_000]
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(made.randrange(1, 12)):
            data[made.randrange(len(data))] = made.randrange(256)
        packets.append(bytes(data[: made.randrange(1, len(data) + 1)]))
    path = line.rig.folder / "by_websocket.py"
    path.write_text(_BY_WEBSOCKET.format(packets=packets))
    line.rig.sh("python3", path)
    line.announced += [
        "pjproject",
        "res_pjsip",
        "sip_",
        "PJSIP",
        "Error processing",
        "http",
        "WebSocket",
    ]
    assert _seconds(line.rig.asterisk("core show uptime seconds")) >= _seconds(before)
    assert line.telephones.call(DID, [900, "#", 1500]).succeeded(20)
