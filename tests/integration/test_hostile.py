"""What the outside sends: hostile names and numbers, malformed SIP, guessed passwords (issue 2, section 5)."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import fixtures.sip_raw as sip_raw
from fixtures.boxes import Box, host, until
from fixtures.site import DID, Site
from fixtures.truth import compare

#: A line of queue_log and a CEL record that a caller would like to see among ours.
FORGED_QUEUE = "1795352454|s00000001-1.1|g1|agent-1001|COMPLETEAGENT|0|999|1"
FORGED_CEL = '"LB_RATING","1795352441.0","LB_RATING","","1","1","1","s","x","x","s00000001-1.1","s00000001-1.1","","{""extra"":""value=5;agent=1001""}"'

NAMES = {
    "line breaks": b'"a%0d%0aEvent: Hangup%0d%0a" <sip:NUMBER@x>;tag=1',
    "quoted separators": b'"\\"a\\",\\"b\\"|c;d" <sip:NUMBER@x>;tag=1',
    "not utf-8": b'"\xff\xfe\xc3(" <sip:NUMBER@x>;tag=1',
    "4 kB": b'"' + b"A" * 4000 + b'" <sip:NUMBER@x>;tag=1',
    "dialplan": b'"${SHELL(touch /tmp/owned)}$[1+1]" <sip:NUMBER@x>;tag=1',
    "chinese": '"王\t思\\\\远" <sip:NUMBER@x>;tag=1'.encode(),
    "forged records": f'"{FORGED_CEL.replace(chr(34), chr(92) + chr(34))}" <sip:NUMBER@x>;tag=1'.encode(),
}
NUMBERS = {
    "line break": b"1%0A" + FORGED_QUEUE.replace("|", "%7C").encode(),
    "carriage return": b"1%0D%0AEvent:%20Hangup",
    "quotes": b"1%22%2C%222",
    "pipes": b"1%7C2%7C3",
    "not utf-8": b"1%FF%FE",
    "4 kB": b"9" * 4000,
    "sql": b"1';drop%20table%20calls;--",
}


def raw(
    site: Site, from_headers: Iterable[bytes], *, digits: str = "1@1.5", talk_s: float = 5
) -> list[dict[str, Any]]:
    """INVITEs from the carrier's own address, byte for byte, all at once; what came of each."""
    running = [
        subprocess.Popen(
            ["nsenter", "-t", str(site.exchange_box.pid), "-n", "python3", sip_raw.__file__, site.box.address, "--to", DID,
             "--from-header-hex", header.hex(), "--digits", digits, "--talk-s", str(talk_s)],
            stdout=subprocess.PIPE, text=True,
        )
        for header in from_headers
    ]  # fmt: skip
    outcomes = [json.loads(each.communicate(timeout=60)[0]) for each in running]
    assert all(each.returncode == 0 for each in running)
    return outcomes


def state(site: Site) -> dict[str, Any]:
    """What no caller may touch."""
    return {
        "rejects": site.box.value("SELECT count(*) FROM journal_rejects"),
        "ratings": site.box.value("SELECT count(*) FROM calls WHERE rating IS NOT NULL"),
        "strangers": site.box.value(
            "SELECT count(*) FROM queue_events q WHERE q.callid NOT IN ('NONE', 'MANAGER', 'REALTIME', '')"
            " AND NOT EXISTS (SELECT 1 FROM cel c WHERE c.uniqueid = q.callid)"
        ),
        "members": site.members(),
    }


def went_through(site: Site, headers: dict[str, bytes]) -> list[dict[str, Any]]:
    """The rows of hostile calls, by kind; checks that each is one row, and that nothing else moved."""
    before = state(site)
    last = site.box.value("SELECT coalesce(max(started_at), '-infinity') FROM calls")
    outcomes = dict(zip(headers, raw(site, headers.values()), strict=True))
    assert all(outcome["answered"] for outcome in outcomes.values()), outcomes

    def look() -> list[dict[str, Any]] | None:
        rows = site.box.rows("SELECT * FROM calls WHERE started_at > %s AND direction = 'in'", last)
        return rows if len(rows) >= len(headers) and all(r["result"] != "open" for r in rows) else None  # fmt: skip

    rows = until("the calls are filed", look, within_s=30)
    assert len(rows) == len(headers), rows
    assert state(site) == before
    assert site.box.sh("ls", "/tmp").count("owned") == 0
    return rows


@pytest.mark.req("SEC-2")
def test_hostile_names(site: Site) -> None:
    numbers = {kind: site.caller() for kind in NAMES}
    headers = {kind: NAMES[kind].replace(b"NUMBER", numbers[kind].encode()) for kind in NAMES}
    rows = {row["from_number"]: row for row in went_through(site, headers)}
    for kind, number in numbers.items():
        row = rows[number]
        assert row["keys"] == "1", kind
        assert len(row["from_name"]) <= 80 and row["from_name"].isprintable(), kind


@pytest.mark.req("SEC-2")
def test_hostile_numbers(site: Site) -> None:
    """A number that is none is `invalid`; joining its digits to a longer one would be a false number."""
    headers = {kind: b"<sip:" + number + b"@x>;tag=1" for kind, number in NUMBERS.items()}
    rows = went_through(site, headers)
    assert [(row["from_number"], row["keys"]) for row in rows] == [("invalid", "1")] * len(rows)


MALFORMED = [
    b"",
    b"\r\n\r\n",
    b"INVITE",
    b"INVITE sip:x SIP/2.0\r\n\r\n",
    b"INVITE sip:4008001234@x SIP/2.0\r\nVia: \r\nFrom: \r\nTo: \r\nCall-ID: \r\nCSeq: \r\n\r\n",
    b"INVITE sip:4008001234@x SIP/9.9\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"OPTIONS sip:x@y SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
    b"REGISTER sip:x SIP/2.0\r\nAuthorization: Digest " + b"a=" * 3000 + b"\r\n\r\n",
    bytes(range(256)) * 16,
    b"\x00" * 60000,
    b"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n",
    b"INVITE sip:4008001234@x SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio 99999999 RTP/AVP 8\r\n",
]


@pytest.mark.req("SEC-2")
@pytest.mark.expects_errors("")
def test_malformed_sip(site: Site) -> None:
    """From the carrier's own address, which is never banned: no crash, and the next call is served."""
    pid = site.box.main_pid("asterisk")
    script = (
        "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for text in sys.stdin.read().split():\n    s.sendto(bytes.fromhex(text), (sys.argv[1], 5060))\n"
    )
    generated = [secrets.token_bytes(n * 37 % 1400) for n in range(200)]
    mutated = []
    whole = sip_raw.RawCaller(site.box.address).invite(DID)
    for n in range(300):
        at = n * len(whole) // 300
        mutated.append(whole[:at] + secrets.token_bytes(1 + n % 7) + whole[at + n % 11 :])
    messages = [m for m in MALFORMED if m] + generated + mutated
    subprocess.run(
        ["nsenter", "-t", str(site.exchange_box.pid), "-n", "python3", "-c", script, site.box.address],
        input=" ".join(m.hex() for m in messages if m), text=True, timeout=60, check=True,
    )  # fmt: skip
    call = site.place(site.caller(), keys=["1"], with_agent_s=1)
    compare(site, site.ended([call]))
    assert site.box.main_pid("asterisk") == pid
    # Some of the mutated were calls after all; nobody will end them.
    site.box.asterisk("channel request hangup all")


def registers(site: Site, local: str, count: int) -> int:
    """Wrong passwords from ``local``; how many were answered before silence."""
    answered = 0
    for n in range(count):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((local, 0))
            sock.settimeout(1.0)
            request = _register(local, sock.getsockname()[1], site.box.address, n)
            sock.sendto(request, (site.box.address, 5060))
            try:
                sock.recv(4096)
            except TimeoutError:
                return answered
            answered += 1
    return answered


def _register(local: str, port: int, box: str, n: int) -> bytes:
    digest = (
        f'Digest username="8001", realm="asterisk", nonce="1/ff", uri="sip:{box}", response="{n:032x}",'
        ' algorithm=MD5, cnonce="a", qop=auth, nc=00000001'
    )
    return (
        f"REGISTER sip:{box} SIP/2.0\r\nVia: SIP/2.0/UDP {local}:{port};rport;branch=z9hG4bK{secrets.token_hex(6)}\r\n"
        f"From: <sip:8001@{box}>;tag={n}\r\nTo: <sip:8001@{box}>\r\nCall-ID: {secrets.token_hex(6)}\r\nCSeq: 1 REGISTER\r\n"
        f"Contact: <sip:8001@{local}:{port}>\r\nAuthorization: {digest}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


@pytest.mark.req("SEC-2")
@pytest.mark.expects_errors("")
def test_guessing_is_blocked_within_ten_tries(site: Site) -> None:
    guesser = site.box.address.rpartition(".")[0] + ".66"
    bridge = next(
        line.split()[1]
        for line in host("ip", "-o", "-4", "address", "show").stdout.splitlines()
        if f" {guesser.rpartition('.')[0]}.1/" in line
    )
    host("ip", "address", "replace", f"{guesser}/24", "dev", bridge)
    try:
        assert registers(site, guesser, 40) <= 10
        assert guesser in site.box.sh("nft", "list", "set", "inet", "linebox", "banned4")
        until("an alarm", lambda: standing(site).get("sip-guessing") == guesser, within_s=30)
    finally:
        host("ip", "address", "del", f"{guesser}/24", "dev", bridge, check=False)
        site.box.sh("linebox", "unban")


def standing(site: Site) -> dict[str, str]:
    """Alarms of the live picture: code → subject."""
    script = (
        "import http.client, socket\nc = http.client.HTTPConnection('calld')\n"
        "c.sock = socket.socket(socket.AF_UNIX); c.sock.connect('/run/linebox/calld/api.sock')\n"
        "c.request('GET', '/live'); print(c.getresponse().read().decode())"
    )
    alarms = json.loads(site.box.sh("python3", "-c", script))["journal"]["alarms"]
    assert all(one["zh"] and one["en"] for one in alarms)
    return {one["code"]: one["subject"] for one in alarms}


@pytest.mark.req("SEC-2", "DIA-5")
def test_a_scanner_is_kept_out_told_and_let_in_again(site: Site) -> None:
    """Who knocks where scanners look, by UDP and TCP; a few knocks are nobody's fault."""
    network = site.box.address.rpartition(".")[0]
    scanner, stray = f"{network}.67", f"{network}.68"
    bridge = next(
        line.split()[1]
        for line in host("ip", "-o", "-4", "address", "show").stdout.splitlines()
        if f" {network}.1/" in line
    )
    for address in (scanner, stray):
        host("ip", "address", "replace", f"{address}/24", "dev", bridge)
    try:
        for address, knocks in ((stray, 5), (scanner, 30)):
            for n in range(knocks):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    sock.bind((address, 0))
                    sock.sendto(b"OPTIONS sip:x SIP/2.0\r\n\r\n", (site.box.address, 5061 + n % 20))
        until("it is kept out", lambda: scanner in site.box.sh("linebox", "banned"), within_s=30)
        until("an alarm", lambda: standing(site).get("sip-scanning") == scanner, within_s=30)
        assert stray not in site.box.sh("linebox", "banned")
        assert registers(site, scanner, 2) == 0 and registers(site, stray, 1) == 1
        assert "is let in again" in site.box.sh("linebox", "unban", scanner)
        assert registers(site, scanner, 1) == 1
        until("no alarm", lambda: "sip-scanning" not in standing(site), within_s=30)
        assert "isn't an IP address" in site.box.sh("sh", "-c", "linebox unban x 2>&1 || true")
    finally:
        for address in (scanner, stray):
            host("ip", "address", "del", f"{address}/24", "dev", bridge, check=False)
        site.box.sh("linebox", "unban")


@pytest.mark.req("SEC-2")
@pytest.mark.expects_errors("")
def test_loopback_is_never_banned(site: Site) -> None:
    """All browser phones will come from loopback: 50 wrong passwords from there are all answered."""
    script = Path(__file__).read_text().partition("def registers(")[2].partition("@pytest.mark")[0]
    code = (
        "import secrets, socket, sys, types\nclass Site: pass\ndef registers(" + script
        + "\nsite = types.SimpleNamespace(box=types.SimpleNamespace(address=sys.argv[1]))\nprint(registers(site, '127.0.0.1', 50))"
    )  # fmt: skip
    assert int(site.box.sh("python3", "-c", code, "127.0.0.1", timeout_s=120)) == 50
    assert "127.0.0.1" not in site.box.sh("nft", "list", "set", "inet", "linebox", "banned4")


@pytest.mark.req("SEC-2")
def test_every_box_has_secrets_of_its_own(site: Site) -> None:
    """Made at the first boot, readable to nobody else."""
    folder = site.box.data / "secrets"
    for name in ("ami-calld", "ami-confd", "ami-guardd", "session-key", "setup-code", "tls.key"):
        assert len((folder / name).read_text().strip()) >= 16, name
        assert (folder / name).stat().st_mode & 0o007 == 0, name


#: Answers whoever asks, by UDP and TCP, on a port that is nobody's.
ANSWERER = """
import socket, threading
udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.create_server(("", 40000))
udp.bind(("", 40000))
def by_tcp():
    while True:
        tcp.accept()[0].send(b"tcp")
threading.Thread(target=by_tcp, daemon=True).start()
print("ready", flush=True)
while True:
    udp.sendto(b"udp", udp.recvfrom(99)[1])
"""
ASKER = """
import socket, sys
udp = socket.socket(type=socket.SOCK_DGRAM)
udp.settimeout(1)
udp.sendto(b"?", (sys.argv[1], 40000))
try:
    print(udp.recv(9).decode())
except TimeoutError:
    pass
try:
    print(socket.create_connection((sys.argv[1], 40000), 1).recv(9).decode())
except TimeoutError:
    pass
"""


@pytest.mark.req("SEC-2")
def test_nothing_else_is_reached_from_outside(site: Site) -> None:
    """Whatever a program opens: only pages, SIP and voice come in."""

    def at(box: Box, script: str, *args: str) -> list[str]:
        return ["nsenter", "-t", str(box.pid), "-n", "python3", "-c", script, *args]

    def answers(box: Box, address: str) -> list[str]:
        asked = subprocess.run(
            at(box, ASKER, address), capture_output=True, text=True, timeout=20, check=True
        )
        return asked.stdout.split()

    with subprocess.Popen(at(site.box, ANSWERER), stdout=subprocess.PIPE, text=True) as answerer:
        assert answerer.stdout is not None and answerer.stdout.readline() == "ready\n"
        try:
            assert answers(site.box, "127.0.0.1") == ["udp", "tcp"]
            assert answers(site.exchange_box, site.box.address) == []
        finally:
            answerer.kill()
    listening = {
        line.split()[3].rpartition(":") for line in site.box.sh("ss", "-Hltn").splitlines()
    }
    open_ports = {port for host, _, port in listening if host not in ("127.0.0.1", "[::1]")}
    assert open_ports <= {"80", "443", "5061"}
