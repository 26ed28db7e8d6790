"""Runs inside the machine: cards of dahdi_lbsim on the box's own Asterisk and boardd, and what becomes of their faults.

``faults_bench.py NAME [ARGUMENT...]`` does one experiment and prints what came of it as JSON; what it means is test_faults.py's
to say. Everything is measured on this machine's one clock. Only the standard library and linebox.hw.sim.exchange.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

RUN = Path("/run/faults")
SYS = Path("/sys/class/lbsim")
DRIVER = Path("/sys/bus/platform/drivers/dahdi_lbsim")
EXCHANGE = Path("/run/linebox-exchange")
PYTHONPATH = "/usr/lib/linebox/python"
WIRES = 4
#: The box's keys of what is tested.
LINE, TRUNK = "lbsim-box/1/{}", "lbsim-e1-box/1"
#: As the page asks (HardwarePage.vue).
NEXT_S, FAILED_S = 0.1, 1.0


def run(*words: str, timeout_s: float = 300) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
    return done.stdout + done.stderr


def asterisk(command: str) -> str:
    return run("asterisk", "-C", "/run/asterisk/asterisk.conf", "-rx", command)


def until(probe: Callable[[], object], within_s: float, every_s: float = 0.1) -> float | None:
    """Seconds until it was true; None: it never was."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if probe():
            return round(time.monotonic() - began, 3)
        time.sleep(every_s)
    return None


def ask(order: dict[str, object]) -> dict[str, Any]:
    """Of the exchange at the far end of the lines."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(str(RUN / "exchange"))
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


# -- the page ---------------------------------------------------------------------------------


class Page(threading.Thread):
    """The lines' page as a browser has it open: asks, waits a moment, asks again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        #: One for all that it asks, as a browser's; it opens itself anew.
        self._line = HTTPSConnection("127.0.0.1", timeout=60, context=context)
        self._cookie = ""
        code = Path("/data/secrets/setup-code").read_text().strip()
        until(lambda: self._logged_in(code), 300, 2)
        #: By key: a port's state and alarm, a span's alarms, whether a card is there.
        self.words: dict[str, str] = {}
        self.hardware: dict[str, Any] = {}
        self.failed = 0
        self._news = threading.Condition()

    def _logged_in(self, code: str) -> bool:
        """A slow processor may take longer for the password than the box waits (504)."""
        try:
            self._ask("session", {"login": "owner", "password": code})
        except OSError:
            return False
        return True

    def _ask(self, path: str, body: object = None) -> Any:
        try:
            self._line.request(
                "GET" if body is None else "POST",
                f"/api/{path}",
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json", "Cookie": self._cookie},
            )
            answer = self._line.getresponse()
            said = answer.read()
            if answer.status >= 300:
                raise OSError(f"{path}: {answer.status} {said!r}")
        except (OSError, HTTPException) as error:
            self._line.close()
            raise OSError(str(error)) from error
        if given := answer.headers.get("Set-Cookie"):
            self._cookie = given.partition(";")[0]
        return json.loads(said)

    def run(self) -> None:
        event = None
        while True:
            try:
                told = self._ask("hardware" if event is None else f"hardware?after={event}")
            except OSError:
                self.failed += 1
                time.sleep(FAILED_S)
                continue
            event = told["event"]
            words = {}
            for card in told["cards"]:
                words[card["key"]] = "present" if card["present"] else "absent"
                for one in card["spans"]:
                    words[one["key"]] = "+".join(one["alarms"]) or "ok"
                    for port in one["ports"]:
                        words[port["key"]] = " ".join(filter(None, (port["state"], port["alarm"])))
            with self._news:
                self.words, self.hardware = words, told
                self._news.notify_all()
            time.sleep(NEXT_S)

    def until(self, key: str, right: Callable[[str], object], within_s: float) -> float | None:
        """Seconds until it shows this."""
        began = time.monotonic()
        with self._news:
            if self._news.wait_for(lambda: right(self.words.get(key, "")), within_s):
                return time.monotonic() - began
        return None


def page() -> Page:
    opened = Page()
    opened.start()
    return opened


# -- what there is ----------------------------------------------------------------------------


def up() -> object:
    """The driver loaded, its far sides served: lines by linebox.hw.sim.exchange, the trunk (`e1-3`) by the exchange's Asterisk."""
    RUN.mkdir(exist_ok=True)
    down()  # of a run before this one
    said = run("modprobe", "dahdi_lbsim", f"wires={WIRES}", "e1=1")
    if not SYS.exists():
        return {"error": said}
    run("udevadm", "settle")
    _, lines = span("LBSIM/EXCH/0")
    trunk, first = span("LBE1/EXCH/0")
    bearers = f"{first}-{first + 14},{first + 16}-{first + 30}"
    (RUN / "system.conf").write_text(
        f"fxoks={lines}-{lines + WIRES - 1}\nspan={trunk},0,0,ccs,hdb3,crc4\nbchan={bearers}\ndchan={first + 15}\n"
        "loadzone=cn\ndefaultzone=cn\n"
    )
    said = run("dahdi_cfg", "-c", str(RUN / "system.conf"))
    if said.strip():
        return {"error": said}
    conf = EXCHANGE / "asterisk/chan_dahdi.conf"
    if "group = 5" not in conf.read_text():
        with conf.open("a") as file:
            file.write(
                f"\nsignalling = pri_net\ncontext = from-box\ngroup = 5\nchannel => {bearers}\n"
            )
        known = json.loads((EXCHANGE / "lines.json").read_text())
        (EXCHANGE / "lines.json").write_text(json.dumps({**known, "e1-3": "DAHDI/g5/{called}"}))
        run("systemctl", "restart", "exchange-asterisk")
    with (RUN / "exchange.log").open("w") as log:
        subprocess.Popen(
            [sys.executable, "-m", "linebox.hw.sim.exchange", "serve", "--channels", f"{lines}-{lines + WIRES - 1}", "--socket", f"{RUN}/exchange"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PYTHONPATH": PYTHONPATH, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    return {
        "exchange_s": until(lambda: (RUN / "exchange").exists(), 120, 0.5),
        "box": span("LBSIM/BOX/0"),
        "trunk": span("LBE1/BOX/0"),
    }


def through(line: str, other: str) -> object:
    """What the box dials on that line rings the other one; its end is told by busy tone."""
    plan = {"do": "plan", "line": int(line), "rings": int(other), "ending": "busy"}
    return ask(plan)


def begin(line: str, number: str) -> object:
    """A call to the box on a line, until it is answered; it goes on by itself."""
    order = {"do": "call", "line": int(line), "number": number, "talk_s": 900.0, "ring_s": 60.0}
    threading.Thread(target=ask, args=(order,), daemon=True).start()
    answered = until(lambda: wire(int(line), "box") == "offhook", 90)
    time.sleep(1)  # its order is on its way
    return {"answered_s": answered, "channel": on_line(int(line))}


def call(line: str, number: str) -> object:
    """A whole call on a line: 5 s of talk."""
    answer = ask({"do": "call", "line": int(line), "number": number, "talk_s": 5.0, "ring_s": 60.0})
    return answer.get("told") or answer


def on_line(line: int) -> str:
    """The box's channel on it, with its unique id: a call that is on it."""
    at = span("LBSIM/BOX/0")[1] + line - 1
    for row in asterisk("core show channels concise").splitlines():
        if row.startswith(f"DAHDI/{at}-"):
            return row.split("!")[-1]
    return ""


def channels() -> list[int]:
    """Those that chan_dahdi has."""
    return [int(n) for n in re.findall(r"^\s*(\d+)\s", asterisk("dahdi show channels"), re.M)]


# -- experiments ------------------------------------------------------------------------------


def pull() -> object:
    """The lines' card pulled out and put back; when boardd, the page and Asterisk have seen it."""
    _, first = span("LBSIM/BOX/0")
    own = set(range(first, first + WIRES))
    shown = page()
    shown.until("lbsim-box", lambda word: word == "present", 60)
    told: dict[str, object] = {"before": sorted(own & set(channels()))}
    (DRIVER / "unbind").write_text("lbsim-box")
    told["page_gone_s"] = shown.until("lbsim-box", lambda word: word == "absent", 60)
    told["port"] = shown.words.get(LINE.format(1))
    told["healed_s"] = until(lambda: not own & set(channels()), 120, 1)
    (DRIVER / "bind").write_text("lbsim-box")
    told["page_back_s"] = shown.until("lbsim-box", lambda word: word == "present", 60)
    told["given_back_s"] = until(lambda: own <= set(channels()), 180, 1)
    told["again"] = [span("LBSIM/BOX/0")[1] == first]
    shown.until(LINE.format(1), lambda word: word == "idle", 60)
    told["ports"] = [shown.words.get(LINE.format(n)) for n in range(1, WIRES + 1)]
    return told


def alarms(count: str, seed: str) -> object:
    """So many alarms, on and off, on each line and on the trunk: from the fault to the page that shows it."""
    shown = page()
    rng = random.Random(int(seed))
    ready = [LINE.format(n) for n in range(1, WIRES + 1)]
    for key in ready:
        shown.until(key, lambda word: word == "idle", 60)
    shown.until(TRUNK, lambda word: word == "ok", 60)
    time.sleep(6)  # what never worked is no alarm
    rows: list[dict[str, object]] = []
    lock = threading.Lock()

    def fault(key: str, at: Path, on: str, off: str, well: str, waits: list[float]) -> None:
        for what, text, right in (
            ("on", on, lambda word: word.startswith("alarm") or (well == "ok" and word != "ok")),
            ("off", off, lambda word: word == well),
        ):
            time.sleep(waits.pop())
            at.write_text(text)
            took = shown.until(key, right, 30)
            with lock:
                rows.append(
                    {"key": key, "what": what, "fault": on, "s": took, "word": shown.words.get(key)}
                )

    def line(number: int, waits: list[float]) -> None:
        for _ in range(int(count)):
            fault(LINE.format(number), SYS / f"wire{number}/battery", "0", "1", "idle", waits)

    def trunk(waits: list[float]) -> None:
        for turn in range(int(count)):
            kind = ("los", "ais", "rai", "lfa")[turn % 4]
            fault(TRUNK, SYS / "e1-1/box_fault", kind, "none", "ok", waits)

    def moments() -> list[float]:
        return [rng.uniform(0.5, 3) for _ in range(2 * int(count))]

    workers = [threading.Thread(target=line, args=(n, moments())) for n in range(1, WIRES + 1)] + [
        threading.Thread(target=trunk, args=(moments(),))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"rows": rows, "failed": shown.failed}


def slips(count: str) -> object:
    """So many more clock slips: the page's counter before and after."""
    shown = page()
    shown.until(TRUNK, lambda word: word == "ok", 60)
    before = _slips(shown)
    (SYS / "e1-1/count").write_text(f"box slips {count}")
    took = until(lambda: _slips(shown) == before + int(count), 60)
    return {"before": before, "after": _slips(shown), "told_s": took}


def _slips(shown: Page) -> int:
    for card in shown.hardware["cards"]:
        for one in card["spans"]:
            if one["key"] == TRUNK:
                return int(one["counters"]["slips"])
    return -1


def boardd() -> dict[str, str]:
    """What it tells by its own socket, as words; nothing while it is away."""
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(30)
            asked.connect("/run/linebox/boardd/api.sock")
            asked.sendall(b"GET /hardware HTTP/1.0\r\n\r\n")
            with asked.makefile("rb") as answer:
                told = json.loads(answer.read().partition(b"\r\n\r\n")[2])
    except (OSError, ValueError):
        return {}
    words = {}
    for card in told["cards"]:
        for one in card["spans"]:
            words[one["key"]] = "+".join(one["alarms"]) or "ok"
            for port in one["ports"]:
                words[port["key"]] = " ".join(filter(None, (port["state"], port["alarm"])))
    return words


def kills(count: str, seed: str) -> object:
    """boardd killed so often, at any moment of its life; line 3 loses and regains its battery meanwhile."""
    rng = random.Random(int(seed))
    key, at = LINE.format(3), SYS / "wire3/battery"
    until(lambda: boardd().get(key) == "idle", 60)
    late = []
    for turn in range(int(count)):
        lost = turn % 2 == 0
        time.sleep(rng.uniform(0, 4))
        steps = [lambda lost=lost: at.write_text("0" if lost else "1"), kill_boardd]
        rng.shuffle(steps)
        steps[0]()
        time.sleep(rng.uniform(0, 1.5))
        steps[1]()
        wanted = "alarm battery" if lost else "idle"
        if until(lambda wanted=wanted: boardd().get(key) == wanted, 120) is None:
            late.append([turn, wanted, boardd().get(key)])
    at.write_text("1")
    until(lambda: boardd().get(key) == "idle", 60)
    return {"late": late, "words": boardd()}


def kill_boardd() -> None:
    pid = int(run("systemctl", "show", "-P", "MainPID", "linebox-boardd"))
    if pid:
        os.kill(pid, signal.SIGKILL)


def without_database() -> object:
    """PostgreSQL stopped: an alarm comes and goes on the page all the same."""
    shown = page()
    shown.until(LINE.format(2), lambda word: word == "idle", 60)
    run("systemctl", "stop", "postgresql")
    told: dict[str, object] = {}
    for text, right in (("0", "alarm battery"), ("1", "idle")):
        (SYS / "wire2/battery").write_text(text)
        told[right] = shown.until(LINE.format(2), lambda word, right=right: word == right, 60)
    told["failed"] = shown.failed
    return told


def down() -> object:
    """The lines' exchange ends; the cards stay."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"linebox.hw.sim.exchange" in words and str(RUN / "exchange").encode() in words:
            os.kill(int(process.name), signal.SIGTERM)
    (RUN / "exchange").unlink(missing_ok=True)  # or the next one would seem to be there
    return {}


EXPERIMENTS: dict[str, Callable[..., object]] = {
    act.__name__: act
    for act in (up, through, begin, call, pull, alarms, slips, kills, without_database, down)
}

if __name__ == "__main__":
    print(json.dumps(EXPERIMENTS[sys.argv[1]](*sys.argv[2:])), flush=True)
    os._exit(0)  # without waiting for calls that go on
