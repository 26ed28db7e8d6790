"""Calls to the box and from it, on analog lines, ended in every way."""

from __future__ import annotations

import re
import threading
import time

from lines import (
    BOX_ENDS,
    LINE_OF,
    LINES,
    LOG,
    NOBODY_ANSWERS,
    SCHEMES,
    ask,
    asterisk,
    busy,
    channels,
    lost,
    on_line,
    received,
    span,
    together,
    until,
    wire,
)


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
#: So many lines dial at once: an emulated processor that hears the keys of ten loses some of them.
DIALLING = 2


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
            heard = answer["made"] or answer["heard"]
            ended(line, f"out-{ending}", str(answer["digits"]), heard)
            time.sleep(2.3)

    began = time.monotonic()
    receiving = []
    for place in range(LINES):
        scheme = SCHEMES[place % len(SCHEMES)]
        share = range(place // len(SCHEMES), int(count), LINES // len(SCHEMES))
        receiving.append(threading.Thread(target=receive, args=(place + 1, scheme, share)))
    together(receiving)
    told["in_s"] = round(time.monotonic() - began)
    for first in range(1, LINES + 1, DIALLING):
        lines = range(first, min(first + DIALLING, LINES + 1))
        together([threading.Thread(target=send, args=(line,)) for line in lines])
    until(lambda: busy() == 0, FREE_WITHIN_S, 1)
    return {
        **told, "failed": failed, "dead": dead, "calls": calls_of, "left": busy(), "channels": channels(),
        "hooks": [wire(line + 1, "box") for line in range(LINES)], "lost_ms": lost(), "all_s": round(time.monotonic() - began),
    }  # fmt: skip


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

    until(lambda: made(line, digits) is not None, 120, 1)
    heard = [row["dialled"] for row in outgoing_on(line)]
    return {"digits": digits, "made": made(line, digits), "heard": heard}


def outgoing_on(line: int) -> list[dict[str, object]]:
    """The box's calls on this line, as the exchange knows them."""
    told = ask({"do": "made", "line": line})["told"]
    return told if isinstance(told, list) else []


def made(line: int, digits: str) -> dict[str, object] | None:
    """The one of them that dialled this."""
    return next((dict(row) for row in outgoing_on(line) if row["dialled"] == digits), None)


def outgoing(ending: str) -> object:
    """A call from the box on line 1: dialled, answered by reversal, ended by the exchange."""
    box = span("LBSIM/BOX/0")[1]
    ask({"do": "plan", "line": 1, "ending": ending, "talk_s": 2.0})
    digits = f"{time.time_ns() % 10**9:09d}"
    asterisk(f"channel originate Local/{box:03d}{digits}@out extension s@wait")

    until(lambda: made(1, digits) is not None, 90, 0.5)
    until(lambda: busy() == 0, 20, 1)
    return {
        "digits": digits,
        "made": made(1, digits),
        "answered": bool(re.search(rf"OVER {box:03d}{digits} ANSWER", LOG.read_text())),
        "left": busy(),
    }
