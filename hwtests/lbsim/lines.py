"""The lines and the Asterisk on their box side; what every experiment asks of them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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


def on_line(line: int) -> bool:
    """Asterisk has a channel on it."""
    return f"DAHDI/{span('LBSIM/BOX/0')[1] + line - 1}-" in asterisk("core show channels concise")


def together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def lost() -> object:
    return int(Path("/sys/module/dahdi_lbsim/parameters/lost_ms").read_text())


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
