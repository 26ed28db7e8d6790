"""What an agent's page makes people wait for, and what open pages cost the box (issue 3, section 6).

The pages are those of the booted box in Chromium, through its nginx; the browser is outside the
box's control group, so it isn't counted, but it shares the machine.

- ``login-paint-ms``: opening ``/login`` with an empty cache to the first contentful paint.
- ``login-js-kb``: bytes of every script that page fetched, compressed as they came.
- ``phone-dial-to-talk-ms``: from the click on "dial" to the first sound that the caller's own phone
  plays of its own voice, sent back by the phone it called: media both ways.
- ``pop-…-ms``: from INVITE in the browser to the frame that shows it (the page's own marks), while
  calls come at 5 a second for all agents. ``pop-filled-…``: to the frame with all the box knows.
- ``call-cpu-ratio-desks``: ``call-cpu-ratio`` with a live board and two desks open, which take their
  share of the calls.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack

from playwright.sync_api import Browser, Page, expect

from bench import calls_bench
from bench.calls_bench import AGENTS, TALK_MS
from bench.load import Load, Timing, speech, stream
from bench.rows import Row
from fixtures import softphone
from fixtures.boxes import Box
from fixtures.browser import open_tab
from fixtures.desk import Desk, at_desk
from fixtures.exchange import ExchangeClient
from fixtures.people import People
from fixtures.site import DID, Site

PAINTS = 7
DIALS = 10
POPS, POPS_PER_S = 300, 5.0
ROUNDS = 3

#: The page works by itself: ``take`` answers at once and hangs up in time, ``refuse`` gives the call
#: back once everything about it is there. What it sees is marked like the page's own marks.
_WORKS = """
([mode, talk]) => {
  clearInterval(window.working);
  let stage = '', since = 0;
  const click = (what) => document.querySelector(`[data-test="${what}"]`)?.click();
  window.working = setInterval(() => {
    const now = document.querySelector('[data-test="phone"]')?.dataset.stage ?? '';
    if (now !== stage) [stage, since] = [now, performance.now()];
    const lasts = performance.now() - since;
    const filled = document.querySelector('[data-test="pop"]')?.dataset.filled === 'true';
    if (stage === 'ringing' && mode === 'take') click('answer');
    if (stage === 'ringing' && mode === 'refuse' && (filled || lasts > 1500)) click('refuse');
    if (stage === 'talking' && lasts > talk) click('hang-up');
  }, 50);
}
"""
_MARK_FILLED = """
() => {
  let before = '';
  new MutationObserver(() => {
    const pop = document.querySelector('[data-test="pop"]');
    const now = pop?.dataset.filled === 'true' ? pop.dataset.number : '';
    if (now === before) return;
    before = now;
    if (now === '') return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { performance.mark('bench:filled'); port1.close(); };
      port2.postMessage(null);
    });
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-filled', 'data-number'] });
}
"""
#: ``bench:dial`` at the click, ``bench:heard`` when sound has come to the loudspeaker's track.
_MARK_HEARD = """
() => {
  addEventListener('click', ({ target }) => {
    if (target.closest('[data-test="dial"]')) performance.mark('bench:dial');
  }, true);
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...given) {
      super(...given);
      const look = setInterval(() => {
        if (this.connectionState === 'closed') clearInterval(look);
        if (!this.getReceivers().some((one) => one.getSynchronizationSources().length > 0)) return;
        clearInterval(look);
        performance.mark('bench:heard');
      }, 5);
    }
  };
}
"""
#: Group 1's agents at browser phones; every second caller has a card.
_PEOPLE = """
INSERT INTO group_agents (group_id, agent, penalty) VALUES (1, '1001', 0), (1, '1002', 0);
WITH cards AS (INSERT INTO customers (name, company, level, note, made_by, updated_by)
    SELECT '客户' || n, '公司' || n, n % 4, '常客', 'bench', 'bench' FROM generate_series(2, :calls, 2) n
    RETURNING id, substr(name, 3) AS n)
INSERT INTO customer_numbers (number, customer_id) SELECT card_number('139' || n || '0001'), id FROM cards;
"""


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def login(browser: Browser, home: str) -> list[Row]:
    """The log-in page, each time in a context of its own: nothing cached, no connection open."""
    paints: list[float] = []
    scripts: list[int] = []
    for _ in range(PAINTS):
        with open_tab(browser, home) as tab:
            tab.open("/login")
            tab.page.wait_for_load_state("networkidle")
            paints.append(tab.page.evaluate(
                "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
            ))  # fmt: skip
            scripts = tab.page.evaluate(
                "() => performance.getEntriesByType('resource').filter((one) => new URL(one.name).pathname.endsWith('.js'))"
                ".map((one) => one.encodedBodySize)"
            )
            assert scripts and all(scripts), "a script came from a cache"
    note = f"worst of {PAINTS}, median {statistics.median(paints):.0f}; no network delay between"
    return [
        Row(name="login-paint-ms", value=max(paints), unit="ms", limit=1000, note=note),
        Row(
            name="login-js-kb",
            value=sum(scripts) / 1000,
            unit="kB",
            limit=400,
            note=f"{len(scripts)} scripts",
        ),
    ]


def dial_to_talk(ours: Box, desk: Desk, net: str) -> Row:
    """An agent dials a desk phone that answers at once and sends back what it hears."""
    page = desk.page
    page.evaluate(_MARK_HEARD)
    with Load(net, ours.address) as load:
        load.phones(Timing(key1_ms=0, rate_ms=0, talk_ms=1000), port=6000, echo=True)
        for n in range(DIALS):  # registered before there was anybody to answer
            ours.asterisk(f"pjsip qualify {8100 + n}")
        page.wait_for_timeout(1000)
        for n in range(DIALS):
            page.get_by_test_id("dial-number").fill(str(8100 + n))
            page.get_by_test_id("dial").click()
            desk.comes_to(stage="talking")
            desk.comes_to(stage="idle")
            page.wait_for_timeout(5500)  # by then the page has given the microphone back
    took = [
        heard - dialled
        for dialled, heard in follow(desk.marks("bench:dial"), desk.marks("bench:heard"))
    ]
    assert len(took) == DIALS, f"{len(took)} of {DIALS} calls were heard"
    note = (
        f"worst of {DIALS}, first {took[0]:.0f}, median {statistics.median(took):.0f};"
        " click to own voice sent back by a phone that answers at once"
    )
    return Row(name="phone-dial-to-talk-ms", value=max(took), unit="ms", limit=300, note=note)


def follow(firsts: list[float], thens: list[float]) -> list[tuple[float, float]]:
    """Each first with the one that follows it before the next first."""
    pairs: dict[float, float] = {}
    for then in thens:
        at = bisect_right(firsts, then) - 1
        if at >= 0:
            pairs.setdefault(firsts[at], then)
    return sorted(pairs.items())


def pops(ours: Box, desk: Desk, net: str) -> list[Row]:
    """Every call rings at the page first, if that is free, and is given back to the desk phones."""
    for n in range(AGENTS):
        ours.asterisk(f"queue set penalty 1 on PJSIP/{8100 + n} in g1")
    desk.page.evaluate(_MARK_FILLED)
    desk.page.evaluate(_WORKS, ["refuse", TALK_MS])
    with Load(net, ours.address) as load:
        when = calls_bench.timing(ours)
        load.phones(when, port=6000, audio=stream(speech(load.folder)))
        complete, failed = load.callers(when, did=DID, calls=POPS, per_s=POPS_PER_S)
        assert failed == 0 and complete == POPS, (complete, failed)
    for n in range(AGENTS):
        ours.asterisk(f"queue set penalty 0 on PJSIP/{8100 + n} in g1")
    invites = desk.marks("linebox:invite")
    rows = []
    for name, mark in (("pop", "linebox:pop"), ("pop-filled", "bench:filled")):
        took = [drawn - came for came, drawn in follow(invites, desk.marks(mark))]
        note = f"{len(took)} pops of {len(invites)} calls at the page, worst {max(took):.0f}"
        rows += [
            Row(name=f"{name}-p50-ms", value=statistics.median(took), unit="ms", note=note),
            Row(name=f"{name}-p99-ms", value=p99(took), unit="ms", limit=150, note=note),
        ]
    return rows


def ratio(ours: Box, plain: Box, net: str, desks: list[Page]) -> list[Row]:
    for page in desks:
        page.evaluate(_WORKS, ["take", TALK_MS])
    spent = calls_bench.spend(ours, plain, net, rounds=ROUNDS)
    taken = ours.value("SELECT count(*) FROM calls WHERE rating = 5 AND agent IN ('1001', '1002')")
    each = f"box {calls_bench.rounded(spent.box)}, bare {calls_bench.rounded(spent.bare)} ms/call"
    note = f"board and 2 desks open, {taken} calls taken by the desks; {each}"
    return [
        Row(name="call-cpu-ratio-desks", value=spent.ratio, unit="×bare", limit=1.5, note=note),
        *spent.unit_rows("call-cpu-desks"),
    ]


def rows() -> Iterator[Row]:
    """Every figure of the desks, each as soon as it is known."""
    with calls_bench.site() as (ours, plain, net), ExitStack() as opened:
        psql = (
            "psql",
            "-qU",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-v",
            f"calls={POPS}",
            "linebox",
        )
        calls_bench.agents(ours, net, 6000)
        ours.sh(*psql, stdin=_PEOPLE)
        ours.sh("linebox", "apply", timeout_s=120)
        calls_bench.start_bare(plain, ours, net)
        home = f"https://{ours.address}"
        browser = opened.enter_context(softphone.chromium(plain.pid))
        people = People(ours, browser)
        site = Site(ours, plain, ExchangeClient(plain.address))
        yield from login(browser, home)
        first = opened.enter_context(at_desk(browser, site, people, "1001"))
        yield dial_to_talk(ours, first, net)
        yield from pops(ours, first, net)
        second = opened.enter_context(at_desk(browser, site, people, "1002"))
        board = opened.enter_context(open_tab(browser, home))
        board.log_in_as(people.fresh("1000"))
        expect(board.page.get_by_test_id("board")).to_be_visible(timeout=15_000)
        yield from ratio(ours, plain, net, [first.page, second.page])
