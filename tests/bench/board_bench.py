"""What the live board and the wall cost a browser (issue 3, section 6). Prints rows as JSON.

Chromium shows the built pages of a box that exists only in memory (``web/dev/mock.mjs --kind
crowd``: 100 agents, 30 groups, 60 waiting, 5 calls a second, told as webd tells them).

- ``board-frame-ms``: main thread's work for one drawn frame: the task that draws it, and the tasks
  of the 16.7 ms before it, which would delay it. p99 over all frames, from Chromium's own trace, by
  the clock: on a busy machine others' work is in it. ``board-frame-cpu-ms``: the thread's own.
- ``board-lag-p99-ms``: from a call's event (its ``since``) to the paint that shows it.
- ``wall-memory-growth-mb``: JavaScript heap after garbage collection, per message, times the
  messages of a day (5 a second). Not a whole day is run: the note says how much of one.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.rows import Row
from fixtures.boxes import REPO
from fixtures.browser import ARGS

WEB = REPO / "web"
PORT = 8187
HOME = f"http://127.0.0.1:{PORT}"
FRAME_US = 16_667.0
BOARD_S, WARM_S = 60, 10
#: Sixty times the speed of a real box: 300 messages a second.
SPEED, WALL_S, SAMPLES = 60, 75, 10
DAY_MESSAGES = 5 * 86_400

_LAGS = """
window.lags = [];
const known = new Set();
new MutationObserver(() => {
  for (const row of document.querySelectorAll('[data-test="live-call"]')) {
    if (known.has(row.dataset.id)) continue;
    known.add(row.dataset.id);
    const { since } = row.dataset;
    requestAnimationFrame(() => setTimeout(() => window.lags.push(Date.now() - Date.parse(since))));
  }
}).observe(document, { subtree: true, childList: true });
"""


@contextmanager
def crowd(dist: Path, *more: str) -> Iterator[None]:
    """The box in memory, while it is needed."""
    command = ["node", "dev/mock.mjs", "--kind", "crowd", "--port", str(PORT), "--dist", str(dist)]
    with subprocess.Popen([*command, *more], cwd=WEB, stdout=subprocess.PIPE, text=True) as box:
        assert box.stdout is not None
        assert box.stdout.readline().startswith("http"), "the mock box didn't start"
        try:
            yield
        finally:
            box.terminate()


def frames_ms(trace: list[dict[str, object]]) -> tuple[list[float], list[float]]:
    """Main-thread work for each drawn frame of the page: the processor's time, the clock's."""
    mains = {
        (one["pid"], one["tid"])
        for one in trace
        if one.get("name") == "thread_name" and _args(one).get("name") == "CrRendererMain"
    }
    counts = {
        main: sum(one.get("name") == "Paint" and _thread(one) == main for one in trace)
        for main in mains
    }
    main = max(counts, key=lambda one: counts[one])
    spans = sorted(
        tuple(float(str(one.get(key, 0))) for key in ("ts", "dur", "tdur"))
        for one in trace
        if one.get("name") == "RunTask" and _thread(one) == main
    )
    paints = sorted(
        float(str(one["ts"]))
        for one in trace
        if one.get("name") == "Paint" and _thread(one) == main
    )
    worked: list[float] = []
    lasted: list[float] = []
    at = 0
    for begin, lasts, _ in spans:
        end = begin + lasts
        while at < len(paints) and paints[at] < begin:
            at += 1
        if at == len(paints) or paints[at] > end:
            continue
        tasks = [one for one in spans if one[0] <= begin and one[0] + one[1] >= begin - FRAME_US]
        lasted.append(sum(task[1] for task in tasks) / 1000)
        worked.append(sum(task[2] for task in tasks) / 1000)
    return worked, lasted


def _thread(event: dict[str, object]) -> tuple[object, object]:
    return event.get("pid"), event.get("tid")


def _args(event: dict[str, object]) -> dict[str, object]:
    args = event.get("args")
    return args if isinstance(args, dict) else {}


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def log_in(page: Page) -> None:
    page.request.post(f"{HOME}/api/session", data={"password": "let-me-in"})


def board(browser: Browser) -> list[Row]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.add_init_script(_LAGS)
    log_in(page)
    page.goto(HOME)
    page.wait_for_timeout(WARM_S * 1000)
    page.evaluate("window.lags.length = 0")
    cdp = browser.new_browser_cdp_session()
    trace: list[dict[str, object]] = []
    ended: list[object] = []
    cdp.on("Tracing.dataCollected", lambda part: trace.extend(part["value"]))
    cdp.on("Tracing.tracingComplete", lambda part: ended.append(part))
    categories = "toplevel,devtools.timeline,disabled-by-default-devtools.timeline,__metadata"
    config = {"includedCategories": categories.split(",")}
    cdp.send("Tracing.start", {"traceConfig": config, "transferMode": "ReportEvents"})
    page.wait_for_timeout(BOARD_S * 1000)
    lags: list[float] = page.evaluate("window.lags")
    cdp.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(100)
    worked, lasted = frames_ms(trace)
    context.close()
    shown = (
        f"{len(lags)} calls, p50 {statistics.median(lags):.0f} ms; box in memory, 200 ms a message"
    )
    return [
        Row(
            name="board-frame-ms", value=p99(lasted), unit="ms p99", limit=16, note=_spread(lasted)
        ),
        Row(name="board-frame-cpu-ms", value=p99(worked), unit="ms p99", note=_spread(worked)),
        Row(name="board-lag-p99-ms", value=p99(lags), unit="ms", limit=1000, note=shown),
    ]


def _spread(frames: list[float]) -> str:
    return f"{len(frames)} frames, p50 {statistics.median(frames):.1f} ms, max {max(frames):.1f} ms"


def heap_mb(cdp: CDPSession) -> float:
    """Used after two full collections."""
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 2**20


def wall(browser: Browser) -> Row:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{HOME}/wall#mock")
    page.get_by_test_id("wall-group").first.wait_for()
    cdp = context.new_cdp_session(page)
    cdp.send("Performance.enable")
    page.wait_for_timeout(WARM_S * 1000)
    seq = 0
    points: list[tuple[float, float]] = []
    for _ in range(SAMPLES + 1):
        seq = int(page.get_by_test_id("wall").get_attribute("data-seq") or 0)
        points.append((seq, heap_mb(cdp)))
        page.wait_for_timeout(WALL_S * 1000 / SAMPLES)
    context.close()
    told = points[-1][0] - points[0][0]
    slope = statistics.linear_regression(*zip(*points, strict=True)).slope
    note = (
        f"{told:.0f} messages = {told / DAY_MESSAGES * 24:.1f} h of a day, {told / WALL_S:.0f} a s;"
        f" heap {points[0][1]:.1f} to {points[-1][1]:.1f} MB; slope scaled by"
        f" {DAY_MESSAGES / max(told, 1):.0f}"
    )
    return Row(
        name="wall-memory-growth-mb",
        value=max(0.0, slope * DAY_MESSAGES),
        unit="MB/day",
        limit=20,
        note=note,
    )


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        dist = Path(folder) / "dist"
        build = ["npx", "vite", "build", "--outDir", str(dist), "--logLevel", "error"]
        subprocess.run(build, cwd=WEB, check=True, stdout=subprocess.DEVNULL)
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        with crowd(dist):
            found = board(browser)
        with crowd(dist, "--speed", str(SPEED)):
            found.append(wall(browser))
        browser.close()
        return found


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(asdict(row)))
