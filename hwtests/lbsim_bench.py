"""Runs inside the machine: lines of dahdi_lbsim, an Asterisk of its own on their box side, the exchange on the other.

``lbsim_bench.py NAME [ARGUMENT...]`` does one experiment and prints what came of it as one line of JSON; what it means is
test_lbsim.py's to say. The box's own Asterisk and lines aren't touched. Only the standard library and linebox.hw.sim.exchange.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

RUN = Path("/run/lbsim")
SYS = Path("/sys/class/lbsim")
DRIVER = Path("/sys/bus/platform/drivers/dahdi_lbsim")
LOG = RUN / "messages"
#: Wires between the exchange and the box. With more than four the profiles repeat, and each scheme has lines of its own.
LINES = int(os.environ.get("LBSIM_LINES", "4"))
#: Where the box has our software.
PYTHONPATH = os.environ.get("PYTHONPATH", "/usr/lib/linebox/python")
#: What a line is set to: its place is its wire.
PROFILES = (
    "usecallerid=yes\ncidsignalling=bell\ncidstart=ring\ncontext=from-line",
    "usecallerid=yes\ncidsignalling=v23\ncidstart=ring\ncontext=from-line",
    "usecallerid=yes\ncidsignalling=dtmf\ncidstart=polarity\ncontext=from-line",
    # chan_dahdi knows no DTMF after the ring: the dialplan reads it
    "usecallerid=no\ncidsignalling=bell\ncidstart=ring\ncontext=from-line-dtmf",
    "usecallerid=yes\ncidsignalling=bell\ncidstart=ring\ncontext=from-line",
)
SCHEMES = ("fsk", "fsk-v23", "dtmf-before", "dtmf-after", "fsk-sdmf")
LINE_OF = {"fsk": 1, "fsk-sdmf": 1, "fsk-v23": 2, "dtmf-before": 3, "dtmf-after": 4}
MODULES = (
    "res_timing_timerfd res_clioriginate pbx_config app_dial app_verbose app_read func_callerid func_strings codec_alaw codec_ulaw"
    " bridge_simple bridge_builtin_features bridge_builtin_interval_features bridge_softmix chan_dahdi"
)
#: Second digit of a caller's number: the box hangs up; the box lets it ring.
BOX_ENDS, NOBODY_ANSWERS = "8", "9"
EXTENSIONS = """
[from-line]
exten => s,1,Verbose(0,IN num=[${CALLERID(num)}] name=[${CALLERID(name)}])
 same => n,Set(NUMBER=${CALLERID(num)})
 same => n,Goto(met,s,1)
[from-line-dtmf]
exten => s,1,Read(KEYS,,20,n,1,3)
 same => n,Set(NUMBER=${FILTER(0-9,${KEYS})})
 same => n,Verbose(0,IN num=[${NUMBER}] name=[])
 same => n,Goto(met,s,1)
[met]
exten => s,1,GotoIf($["${NUMBER:1:1}" = "9"]?ring)
 same => n,Answer()
 same => n,GotoIf($["${NUMBER:1:1}" = "8"]?short)
 same => n,Wait(90)
 same => n,Hangup()
 same => n(short),Wait(1)
 same => n,Hangup()
 same => n(ring),Wait(60)
[from-e1]
exten => _X.,1,Verbose(0,E1 to=[${EXTEN}] from=[${CALLERID(num)}])
 same => n,Answer()
 same => n,Wait(20)
[out]
exten => _X.,1,Set(NUMBER=${EXTEN})
 same => n,Dial(DAHDI/${EXTEN:0:3}/${EXTEN:3},60)
exten => h,1,Verbose(0,OVER ${NUMBER} ${DIALSTATUS})
[wait]
exten => s,1,Answer()
 same => n,Wait(90)
[ended]
exten => s,1,Answer()
 same => n,Wait(2)
"""


def run(*words: str, timeout_s: float = 120) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
    return done.stdout + done.stderr


def asterisk(command: str) -> str:
    return run("asterisk", "-C", f"{RUN}/asterisk.conf", "-rx", command)


def until(probe: Callable[[], object], within_s: float, every_s: float = 0.1) -> float | None:
    """Seconds until it was true; None: it never was."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if probe():
            return round(time.monotonic() - began, 2)
        time.sleep(every_s)
    return None


def ask(order: dict[str, object]) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(f"{RUN}/exchange")
        asked.sendall(json.dumps(order).encode() + b"\n")
        with asked.makefile() as answer:
            return dict(json.loads(answer.readline()))


def wire(number: int, name: str) -> str:
    return (SYS / f"wire{number}" / name).read_text().strip()


def span(name: str) -> tuple[int, int]:
    """Its number and its first channel."""
    for found in Path("/sys/bus/dahdi_spans/devices").iterdir():
        if (found / "name").read_text().strip() == name:
            return int(found.name.partition("-")[2]), int((found / "basechan").read_text())
    raise LookupError(name)


def assign() -> None:
    """Gives our spans numbers where DAHDI doesn't by itself, behind the box's own; chan_dahdi
    knows no E1 on a span above 32 (NUM_SPANS)."""
    cards = {
        "lbsim-box": (20, 300),
        "lbsim-e1-box": (22, 340),
        "lbsim-exchange": (24, 400),
        "lbsim-e1-exchange": (26, 440),
    }
    for card, (number, base) in cards.items():
        device = Path(f"/sys/bus/dahdi_devices/devices/platform:{card}")
        if device.exists() and not list(device.glob("span-*")):
            (device / "assign_span").write_text(f"1:{number}:{base}\n")


def configure() -> None:
    """dahdi_cfg for our spans alone."""
    assign()
    _, box = span("LBSIM/BOX/0")
    _, exchange = span("LBSIM/EXCH/0")
    e1_box, b = span("LBE1/BOX/0")
    e1_exchange, x = span("LBE1/EXCH/0")
    (RUN / "system.conf").write_text(
        f"fxsks={box}-{box + LINES - 1}\nfxoks={exchange}-{exchange + LINES - 1}\n"
        f"span={e1_box},1,0,ccs,hdb3,crc4\nbchan={b}-{b + 14},{b + 16}-{b + 30}\ndchan={b + 15}\n"
        f"span={e1_exchange},0,0,ccs,hdb3,crc4\nbchan={x}-{x + 14},{x + 16}-{x + 30}\ndchan={x + 15}\n"
        "loadzone=cn\ndefaultzone=cn\n"
    )
    said = run("dahdi_cfg", "-c", f"{RUN}/system.conf")
    if said.strip():
        raise RuntimeError(said)


def up() -> object:
    """The module, the lines, both sides."""
    RUN.mkdir(exist_ok=True)
    run("modprobe", "dahdi")
    said = run("modprobe", "dahdi_lbsim", f"wires={LINES}", "e1=1")
    if not SYS.exists():
        return {"error": said}
    run("udevadm", "settle")
    configure()
    box, (_, b), (_, x) = span("LBSIM/BOX/0")[1], span("LBE1/BOX/0"), span("LBE1/EXCH/0")
    library = next(Path("/usr/lib").glob("*/asterisk/modules"))
    (RUN / "asterisk.conf").write_text(
        f"[directories]\nastetcdir => {RUN}\nastmoddir => {library}\nastvarlibdir => /var/lib/asterisk\n"
        f"astdbdir => {RUN}\nastkeydir => {RUN}\nastdatadir => /usr/share/asterisk\nastagidir => {RUN}\n"
        f"astspooldir => {RUN}\nastrundir => {RUN}\nastlogdir => {RUN}\n"
    )
    (RUN / "modules.conf").write_text(
        "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES.split())
    )
    (RUN / "logger.conf").write_text("[logfiles]\nmessages => notice,warning,error,verbose(3)\n")
    (RUN / "extensions.conf").write_text(EXTENSIONS)
    (RUN / "chan_dahdi.conf").write_text(
        "[channels]\ncallwaiting=no\nthreewaycalling=no\nechocancel=no\nbusydetect=yes\nbusycount=4\nbusypattern=360,340\n"
        "hanguponpolarityswitch=yes\nansweronpolarityswitch=yes\npolarityonanswerdelay=600\nsignalling=fxs_ks\n"
        + "".join(f"{profile(place)}\nchannel=>{box + place}\n" for place in range(LINES))
        + "usecallerid=yes\ncontext=from-e1\nswitchtype=euroisdn\n"
        + f"signalling=pri_cpe\ngroup=1\nchannel=>{b}-{b + 14},{b + 16}-{b + 30}\n"
        + f"signalling=pri_net\ngroup=2\nchannel=>{x}-{x + 14},{x + 16}-{x + 30}\n"
    )
    run("chown", "-R", "asterisk:", str(RUN))
    run("asterisk", "-U", "asterisk", "-C", f"{RUN}/asterisk.conf")
    first = span("LBSIM/EXCH/0")[1]
    with (RUN / "exchange.log").open("w") as log:
        subprocess.Popen(
            [sys.executable, "-m", "linebox.hw.sim.exchange", "serve", "--channels", f"{first}-{first + LINES - 1}", "--socket", f"{RUN}/exchange"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PYTHONPATH": PYTHONPATH, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    ready = until(lambda: "fully booted" in asterisk("core waitfullybooted"), 180, 1)
    plugged = until(lambda: (RUN / "exchange").exists(), 120, 0.5)
    return {"asterisk_s": ready, "exchange_s": plugged, "channels": channels()}


def profile(place: int) -> str:
    return PROFILES[place % (len(SCHEMES) if LINES > 4 else 4)]


def channels() -> dict[str, str]:
    """Asterisk's channels of the lines: their alarm's word."""
    box = span("LBSIM/BOX/0")[1]
    found = {}
    for row in asterisk("dahdi show channels").splitlines():
        if (
            match := re.match(r"\s*(\d+)\s.*?\b(No Alarm|Red Alarm|Not Open|Unknown)\b", row)
        ) and box <= int(match[1]) < box + LINES:
            found[str(int(match[1]) - box + 1)] = match[2]
    return found


def busy() -> int:
    """Calls that Asterisk has."""
    match = re.search(r"(\d+) active channel", asterisk("core show channels"))
    return int(match[1]) if match else -1


def received(number: str) -> bool:
    return f"num=[{number}]" in LOG.read_text()


def calls(schemes: str, count: str, endings: str) -> object:
    """Calls to the box, in each scheme at once as its line does it; endings in turn."""
    names = schemes.split(",")
    results: dict[str, list[dict[str, object]]] = {name: [] for name in names}

    def dial(name: str) -> None:
        for index in range(int(count)):
            number = f"1{LINE_OF[name]}{names.index(name)}{index:08d}"
            ending = endings.split(",")[index % len(endings.split(","))]
            answer = ask(
                {
                    "do": "call",
                    "line": LINE_OF[name],
                    "number": number,
                    "scheme": name,
                    "ending": ending,
                    "talk_s": 1.0,
                }
            )
            told = answer.get("told")
            results[name].append(
                {
                    "number": number,
                    "ending": ending,
                    "told": told if isinstance(told, dict) else answer,
                }
            )
            time.sleep(2.3)  # DAHDI doesn't look for a ring in the first 2 s after a call

    def dial_all(own: list[str]) -> None:
        for name in own:
            dial(name)

    by_line: dict[int, list[str]] = {}
    for name in names:
        by_line.setdefault(LINE_OF[name], []).append(name)
    threads = [threading.Thread(target=dial_all, args=(own,)) for own in by_line.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: busy() == 0, 20, 1)
    return {
        "schemes": {
            name: {"calls": len(rows), "failed": [row["number"] for row in rows if not received(str(row["number"]))]}
            for name, rows in results.items()
        },
        "freed": {
            ending: [row["told"].get("freed_s") for rows in results.values() for row in rows if row["ending"] == ending and isinstance(row["told"], dict)]
            for ending in endings.split(",")
        },
        "left": busy(),
    }  # fmt: skip


#: How a call to the box may end: as the exchange tells it, by the box, or by nobody answering.
IN_ENDINGS = ("battery", "reversal", "busy", "box", "unanswered")
OUT_ENDINGS = ("battery", "reversal", "busy", "box")
#: A line is dead that the box still holds so long after a call's end was told: its loop is closed, or Asterisk has a channel
#: on it. (By then the exchange has given it up with a drop of the battery.)
FREE_WITHIN_S = 30.0


def figures(count: str) -> object:
    """``count`` calls in each scheme on the lines that it has, ended in every way; then calls of the box on each line."""
    told: dict[str, object] = {}
    failed: dict[str, list[str]] = {scheme: [] for scheme in SCHEMES}
    dead: list[dict[str, object]] = []
    calls_of = dict.fromkeys((*IN_ENDINGS, *(f"out-{ending}" for ending in OUT_ENDINGS)), 0)
    lock = threading.Lock()

    def ended(line: int, ending: str, number: str, answer: object) -> None:
        """Counted; dead, if it didn't end as it should have, or the line isn't free in time."""
        free = until(
            lambda: wire(line, "box") == "onhook" and not on_line(line), FREE_WITHIN_S, 0.5
        )
        way = ending.removeprefix("out-")
        as_told = isinstance(answer, dict) and {
            "box": answer.get("box_ended") is True,
            "unanswered": answer.get("answered_s") is None,
        }.get(way, answer.get("freed_s") is not None)
        with lock:
            calls_of[ending] += 1
            if free is None or not as_told:
                dead.append({"line": line, "ending": ending, "number": number, "told": answer})

    def receive(line: int, scheme: str, share: range) -> None:
        for index in share:
            ending = IN_ENDINGS[index % len(IN_ENDINGS)]
            mark = {"box": BOX_ENDS, "unanswered": NOBODY_ANSWERS}.get(ending, "3")
            number = f"1{mark}{SCHEMES.index(scheme)}{index:08d}"
            order: dict[str, object] = {
                "do": "call",
                "line": line,
                "number": number,
                "scheme": scheme,
                "talk_s": 1.0,
            }
            if ending == "unanswered":
                order["ring_s"] = 8.0
            elif ending == "box":
                order["talk_s"] = 20.0
            else:
                order["ending"] = ending
            answer = ask(order).get("told")
            ended(line, ending, number, answer)
            if not received(number):
                with lock:
                    failed[scheme].append(number)
            time.sleep(2.3)  # DAHDI doesn't look for a ring in the first 2 s after a call

    def send(line: int) -> None:
        for ending in OUT_ENDINGS:
            answer = call_out(line, ending)
            ended(line, f"out-{ending}", str(answer["digits"]), answer["made"])
            time.sleep(2.3)

    began = time.monotonic()
    receiving = []
    for place in range(LINES):
        scheme = SCHEMES[place % len(SCHEMES)]
        share = range(place // len(SCHEMES), int(count), LINES // len(SCHEMES))
        receiving.append(threading.Thread(target=receive, args=(place + 1, scheme, share)))
    together(receiving)
    told["in_s"] = round(time.monotonic() - began)
    together([threading.Thread(target=send, args=(line + 1,)) for line in range(LINES)])
    until(lambda: busy() == 0, FREE_WITHIN_S, 1)
    return {
        **told, "failed": failed, "dead": dead, "calls": calls_of, "left": busy(), "channels": channels(),
        "hooks": [wire(line + 1, "box") for line in range(LINES)], "lost_ms": lost(), "all_s": round(time.monotonic() - began),
    }  # fmt: skip


def together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def on_line(line: int) -> bool:
    """Asterisk has a channel on it."""
    return f"DAHDI/{span('LBSIM/BOX/0')[1] + line - 1}-" in asterisk("core show channels concise")


def call_out(line: int, ending: str) -> dict[str, object]:
    """A call from the box on this line, ended by the exchange, or by the box after a second of talk."""
    channel = span("LBSIM/BOX/0")[1] + line - 1
    by_box = ending == "box"
    ask(
        {
            "do": "plan",
            "line": line,
            "ending": "battery" if by_box else ending,
            "talk_s": 20.0 if by_box else 2.0,
        }
    )
    digits = f"{line:02d}{time.time_ns() % 10**9:09d}"
    wait = "ended" if by_box else "wait"
    asterisk(f"channel originate Local/{channel:03d}{digits}@out extension s@{wait}")

    def made() -> dict[str, object] | None:
        told = ask({"do": "made", "line": line})["told"]
        rows = told if isinstance(told, list) else []
        return next((dict(row) for row in rows if row["dialled"] == digits), None)

    until(lambda: made() is not None, 120, 1)
    return {"digits": digits, "made": made()}


def outgoing(ending: str) -> object:
    """A call from the box on line 1: dialled, answered by reversal, ended by the exchange."""
    box = span("LBSIM/BOX/0")[1]
    ask({"do": "plan", "line": 1, "ending": ending, "talk_s": 2.0})
    digits = f"{time.time_ns() % 10**9:09d}"
    asterisk(f"channel originate Local/{box:03d}{digits}@out extension s@wait")

    def made() -> dict[str, object] | None:
        told = ask({"do": "made", "line": 1})["told"]
        rows = told if isinstance(told, list) else []
        return next((dict(row) for row in rows if row["dialled"] == digits), None)

    until(lambda: made() is not None, 90, 0.5)
    until(lambda: busy() == 0, 20, 1)
    return {
        "digits": digits,
        "made": made(),
        "answered": bool(re.search(rf"OVER {box:03d}{digits} ANSWER", LOG.read_text())),
        "left": busy(),
    }


def battery() -> object:
    """Line 2 loses its battery, idle and in a call, and a break of 300 ms ends a call without an alarm."""
    power = SYS / "wire2/battery"
    told: dict[str, object] = {}
    power.write_text("0")
    told["alarm_s"] = until(lambda: wire(2, "alarm") == "red", 10, 0.02)
    told["asterisk_red_s"] = until(lambda: channels().get("2") == "Red Alarm", 20)
    told["voltage"] = int(wire(2, "voltage"))
    power.write_text("1")
    told["back_s"] = until(lambda: wire(2, "alarm") == "none", 10, 0.02)
    told["asterisk_back_s"] = until(lambda: channels().get("2") == "No Alarm", 20)
    for break_s in (0.3, 2.0):
        thread = talking(2)
        power.write_text("0")
        began = time.monotonic()
        free = until(lambda: wire(2, "box") == "onhook", 10, 0.01)
        time.sleep(max(break_s - (time.monotonic() - began), 0))
        alarm = wire(2, "alarm")
        power.write_text("1")
        thread.join()
        told[f"break_{break_s}"] = {"onhook_s": free, "alarm": alarm}
        until(lambda: wire(2, "alarm") == "none", 10)
    told["channels"] = channels()
    return told


def talking(line: int) -> threading.Thread:
    """A call to the box on a line that goes on for a while; returns once the box has answered."""
    scheme = next(name for name, own in LINE_OF.items() if own == line)
    thread = threading.Thread(
        target=ask,
        args=(
            {
                "do": "call",
                "line": line,
                "number": "13900139000",
                "scheme": scheme,
                "talk_s": 60.0,
                "ending": "battery",
            },
        ),
    )
    time.sleep(2.5)
    thread.start()
    until(lambda: wire(line, "box") == "offhook", 40, 0.05)
    time.sleep(1.5)
    return thread


def faults() -> object:
    """What a wire can do besides: voltages, wires swapped, cut and short, the FXO's impedance."""
    told: dict[str, object] = {"idle": int(wire(4, "voltage"))}
    at = SYS / "wire4"
    (at / "swapped").write_text("1")
    told["swapped"] = (wire(4, "polarity"), int(wire(4, "voltage")))
    (at / "swapped").write_text("0")
    (at / "fault").write_text("cut")
    told["cut"] = until(lambda: wire(4, "alarm") == "red", 10, 0.02)
    (at / "fault").write_text("none")
    until(lambda: wire(4, "alarm") == "none", 10)
    refused = {}
    for name, text in (
        ("battery", "2"),
        ("battery", "x"),
        ("swapped", ""),
        ("fault", "broken"),
        ("loss", "401"),
        ("loss", "-1"),
        ("noise", "-5"),
        ("noise", "-71"),
        ("balance", "16"),
    ):
        refused[f"{name}={text}"] = refusal(at / name, text)
    for name, text in (
        ("box_fault", "x"),
        ("drift", "1001"),
        ("count", "box crc4"),
        ("count", "box crc4 0"),
        ("count", "nobody crc4 1"),
        ("count", "box rain 1"),
        ("count", "box crc4 1 2"),
    ):
        refused[f"{name}={text}"] = refusal(SYS / "e1-1" / name, text)
    told["refused"] = refused
    return told


def refusal(path: Path, text: str) -> str:
    try:
        file = os.open(path, os.O_WRONLY)
        try:
            os.write(file, text.encode() + b"\n")
        finally:
            os.close(file)
    except OSError as error:
        return type(error).__name__ if error.errno is None else os.strerror(error.errno)
    return "taken"


def tune() -> object:
    """Impedance, gain and voltages by ioctl on a port that nobody has open: Asterisk gives line 4 up for it."""
    box = span("LBSIM/BOX/0")[1] + 3

    def given_up() -> bool:  # not while a call is on it
        asterisk(f"dahdi destroy channels {box}")
        return "4" not in channels()

    told: dict[str, object] = {"given_up_s": until(given_up, 40, 1)}
    file = os.open("/dev/dahdi/channel", os.O_RDWR)
    try:
        fcntl.ioctl(file, 0x4004DA26, struct.pack("i", box))  # DAHDI_SPECIFY
        told["mv"] = struct.unpack("3i", fcntl.ioctl(file, 0x800CDA3C, bytes(12)))[
            0
        ]  # WCTDM_GET_STATS
        fcntl.ioctl(file, 0x4009DA3F, bytes([3, 1, 2, 3, 4, 5, 6, 7, 8]))  # WCTDM_SET_ECHOTUNE
        told["tune"] = wire(4, "tune")
        try:
            fcntl.ioctl(file, 0x4009DA3F, bytes([16] + [0] * 8))
        except OSError as error:
            told["bad_tune"] = os.strerror(error.errno or 0)
        fcntl.ioctl(file, 0x4009DA3F, bytes([15] + [0] * 8))
    finally:
        os.close(file)
    asterisk(f"dahdi create channels {box}")
    told["channels"] = channels()
    return told


def pull(in_call: str) -> object:
    """The box's card pulled out, idle or with line 1 in a call, and put back."""
    box = span("LBSIM/BOX/0")[1]
    told: dict[str, object] = {}
    thread = talking(1) if in_call == "call" else None
    told["calls_before"] = busy()
    began = time.monotonic()
    (DRIVER / "unbind").write_text("lbsim-box")
    told["unbind_s"] = round(time.monotonic() - began, 2)
    told["calls_over_s"] = until(lambda: busy() == 0, 20)
    if thread is not None:
        thread.join()
    told["out"] = (wire(1, "box"), wire(1, "exchange"))
    asterisk(f"dahdi destroy channels {box} {box + LINES - 1}")
    told["destroyed"] = until(
        lambda: not re.search(rf"^\s*{box}\s", asterisk("dahdi show channels"), re.M), 20
    )
    (DRIVER / "bind").write_text("lbsim-box")
    run("udevadm", "settle")
    configure()
    asterisk(f"dahdi create channels {box} {box + LINES - 1}")
    told["channels"] = channels()
    time.sleep(2)
    answer = ask(
        {"do": "call", "line": 1, "number": f"1380000{begun():04d}", "scheme": "fsk", "talk_s": 1.0}
    )
    told["call"] = answer.get("told")
    return told


def begun() -> int:
    return time.time_ns() // 10**9 % 10000


def pull_exchange() -> object:
    """The exchange's card pulled out: the box's lines lose their battery; back, they work again."""
    (DRIVER / "unbind").write_text("lbsim-exchange")
    told: dict[str, object] = {"red_s": until(lambda: wire(1, "alarm") == "red", 10, 0.02)}
    told["lines"] = ask({"do": "lines"})["told"]
    (DRIVER / "bind").write_text("lbsim-exchange")
    run("udevadm", "settle")
    configure()
    told["back_s"] = until(lambda: wire(1, "alarm") == "none", 10, 0.02)
    told["plugged_s"] = until(plugged, 20)
    return told


def plugged() -> bool:
    lines = ask({"do": "lines"})["told"]
    return isinstance(lines, list) and all(line["plugged"] for line in lines)


def audio() -> object:
    """Bytes written at one end, as read at the other: an E1's channel through, clear."""
    (_, b), (_, x) = span("LBE1/BOX/0"), span("LBE1/EXCH/0")
    asterisk("module unload chan_dahdi.so")
    sent = bytes((i * 7 + (i >> 8) * 13) & 0xFF for i in range(16000))
    heard = bytearray()
    ends = []
    for channel in (b, x):
        file = os.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(file, 0x4004DA26, struct.pack("i", channel))
        fcntl.ioctl(file, 0x4018DA1B, struct.pack("6i", 0, 0, 32, 1024, 0, 0))  # DAHDI_SET_BUFINFO
        ends.append(file)
    at, end = 0, time.monotonic() + 30
    while len(heard) < 30000 and time.monotonic() < end:
        with suppress(OSError):  # no room, or an event waits
            at += os.write(ends[0], sent[at : at + 1024]) if at < len(sent) else 0
        try:
            heard += os.read(ends[1], 1024)
        except OSError:
            time.sleep(0.005)
    for file in ends:
        os.close(file)
    asterisk("module load chan_dahdi.so")
    return {"sent": len(sent), "whole": sent in bytes(heard)}


#: struct dahdi_spaninfo, user.h (packed): where its numbers are
SPANINFO_BYTES, NUMBERS = (
    314,
    {
        "alarms": 64,
        "bpv": 76,
        "crc4": 80,
        "ebit": 84,
        "fas": 88,
        "be": 100,
        "prbs": 104,
        "syncsrc": 116,
    },
)
#: user.h, DAHDI_ALARM_*
ALARMS = {
    1: "recover",
    2: "loopback",
    4: "yellow",
    8: "red",
    16: "blue",
    32: "notopen",
    256: "los",
    512: "lfa",
    1024: "lmfa",
}
MAINT = {
    "none": 0,
    "local": 1,
    "network": 2,
    "fas": 6,
    "crc4": 8,
    "bpv": 11,
    "prbs": 12,
    "be": 10,
    "reset": 14,
}


def control(command: int, buffer: bytearray) -> bytearray:
    file = os.open("/dev/dahdi/ctl", os.O_RDWR)
    try:
        fcntl.ioctl(file, command, buffer)
    finally:
        os.close(file)
    return buffer


def stat(name: str) -> dict[str, int]:
    buffer = control(
        0xC13ADA0A, bytearray(struct.pack("i", span(name)[0]).ljust(SPANINFO_BYTES, b"\0"))
    )
    return {what: struct.unpack_from("i", buffer, at)[0] for what, at in NUMBERS.items()}


def alarms(name: str) -> list[str]:
    bits = stat(name)["alarms"]
    return [word for bit, word in ALARMS.items() if bits & bit]


def maint(name: str, what: str) -> None:
    control(0x4008DA0B, bytearray(struct.pack("2i", span(name)[0], MAINT[what])))


BOX, EXCHANGE = "LBE1/BOX/0", "LBE1/EXCH/0"


def e1() -> object:
    """A PRI call each way through the trunk."""
    told: dict[str, object] = {
        "up_s": until(lambda: asterisk("pri show spans").count("Up, Active") == 2, 60, 1)
    }
    for group in ("1", "2"):
        number = f"{group}{time.time_ns() % 10**7:07d}"
        asterisk(f"channel originate DAHDI/g{group}/{number} extension s@wait")
        told[f"call_{group}_s"] = until(
            lambda number=number: f"E1 to=[{number}]" in LOG.read_text(), 30, 0.5
        )
        told[f"talks_{group}"] = until(lambda: busy() >= 2, 10)
        asterisk("channel request hangup all")
        told[f"left_{group}"] = until(lambda: busy() == 0, 20)
    return told


def e1_alarms() -> object:
    """Each alarm from its fault, what the other side says then, and its end."""
    told = {}
    trunk = SYS / "e1-1"
    for fault in ("los", "lfa", "ais", "rai"):
        (trunk / "box_fault").write_text(fault)
        rose = until(lambda: {"red", "blue", "yellow"} & set(alarms(BOX)), 10, 0.02)
        until(lambda fault=fault: fault == "rai" or alarms(EXCHANGE), 5, 0.02)
        here, there = alarms(BOX), alarms(EXCHANGE)
        (trunk / "box_fault").write_text("none")
        told[fault] = {
            "rose_s": rose,
            "box": here,
            "exchange": there,
            "gone_s": until(lambda: not alarms(BOX) and not alarms(EXCHANGE), 15, 0.02),
        }
    (DRIVER / "unbind").write_text("lbsim-e1-exchange")
    told["pulled"] = {"rose_s": until(lambda: "los" in alarms(BOX), 10, 0.02)}
    asterisk("module unload chan_dahdi.so")
    (DRIVER / "bind").write_text("lbsim-e1-exchange")
    run("udevadm", "settle")
    configure()
    told["pulled"]["gone_s"] = until(lambda: not alarms(BOX), 15, 0.02)
    asterisk("module load chan_dahdi.so")
    return told


def e1_counters() -> object:
    """Errors counted, sent, reset; slips; loops; the bit error test."""
    trunk = SYS / "e1-1"
    told: dict[str, object] = {}
    for name in (BOX, EXCHANGE):
        maint(name, "reset")
    for what, number in (("bpv", 1), ("crc4", 2), ("ebit", 3), ("fas", 4), ("slips", 5)):
        (trunk / "count").write_text(f"box {what} {number}")
    told["box"] = {
        what: value for what, value in stat(BOX).items() if what in ("bpv", "crc4", "ebit", "fas")
    }
    told["slips"] = slips()
    maint(BOX, "reset")
    told["reset"] = [stat(BOX)[what] for what in ("bpv", "crc4", "ebit", "fas")]
    for what in ("bpv", "crc4", "fas"):
        maint(BOX, what)
    time.sleep(0.3)
    told["defects"] = {
        "exchange": [stat(EXCHANGE)[what] for what in ("bpv", "crc4", "fas")],
        "box_ebit": stat(BOX)["ebit"],
    }
    told["source"] = [stat(BOX)["syncsrc"] == span(BOX)[0], stat(EXCHANGE)["syncsrc"]]
    maint(EXCHANGE, "network")
    maint(BOX, "prbs")
    time.sleep(0.3)
    told["looped"] = {"exchange": alarms(EXCHANGE), "box": alarms(BOX), "prbs": stat(BOX)["prbs"]}
    maint(BOX, "be")
    time.sleep(0.3)
    told["bit_errors"] = stat(BOX)["be"]
    for name in (BOX, EXCHANGE):
        maint(name, "none")
    maint(BOX, "local")
    time.sleep(0.3)
    told["local"] = alarms(BOX)
    maint(BOX, "none")
    told["cleared_s"] = until(lambda: not alarms(BOX) and not alarms(EXCHANGE), 15, 0.02)
    text = (RUN / "system.conf").read_text()
    (RUN / "free.conf").write_text(text.replace(",1,0,ccs", ",0,0,ccs"))
    run("dahdi_cfg", "-c", f"{RUN}/free.conf")
    (trunk / "drift").write_text("1000")
    before = slips()
    time.sleep(3)
    told["drifted"] = slips() - before
    configure()
    before = slips()
    time.sleep(1)
    told["locked"] = slips() - before
    (trunk / "drift").write_text("0")
    return told


def slips() -> int:
    match = re.search(r"Timing slips: (\d+)", Path(f"/proc/dahdi/{span(BOX)[0]}").read_text())
    return int(match[1]) if match else 0


def down() -> object:
    """All of it ended; every order of pulling and unloading, with the kernel's complaints."""
    asterisk("core stop now")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"linebox.hw.sim.exchange" in words:
            os.kill(int(process.name), 15)
    gone = until(
        lambda: "dahdi_lbsim" not in run("lsmod") or not run("rmmod", "dahdi_lbsim").strip(), 30, 1
    )
    rounds = 0
    cards = ["lbsim-box", "lbsim-e1-box", "lbsim-exchange", "lbsim-e1-exchange"]
    for turn in range(4):
        run("modprobe", "dahdi_lbsim", "wires=2", "phones=2", "e1=1", f"tick_ms={turn + 1}")
        assign()
        for card in cards[turn:] + cards[:turn]:
            (DRIVER / "unbind").write_text(card)
        for card in cards[: turn + 1]:
            (DRIVER / "bind").write_text(card)
        assign()
        rounds += not run("rmmod", "dahdi_lbsim").strip()
    kernel = [
        line
        for line in run("dmesg").splitlines()
        if re.search(r"BUG|Oops|WARNING:|Call Trace|lockup|use-after", line)
    ]
    return {"unloaded_s": gone, "rounds": rounds, "kernel": kernel}


def lost() -> object:
    return int(Path("/sys/module/dahdi_lbsim/parameters/lost_ms").read_text())


EXPERIMENTS: dict[str, Callable[..., object]] = {
    act.__name__: act
    for act in (up, calls, figures, outgoing, battery, faults, tune, pull, pull_exchange, audio, e1, e1_alarms, e1_counters, down, lost)
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(EXPERIMENTS[sys.argv[1]](*sys.argv[2:])))
