"""A certificate by ACME on a box, from a click to nginx, by pebble: asked, renewed, refused, killed.

The authority is outside the box, at the bridge's address; what it knows of names is told by us.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from playwright.sync_api import expect

from fixtures.authority import Authority, authority
from fixtures.boxes import Box, until
from fixtures.browser import Tab, chromium, open_tab
from fixtures.hostd import ask, owner_at

NAME = "cc.company.test"
#: So long lives what the authority issues; it is renewed with a third of that left.
LIFE_S = 75


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    one = Box("acmebox", "app:web:voice:base", 32)
    one.down()
    one.reset()
    one.up()
    until("hostd answers", lambda: ask(one, "/certificates")[0] == 200, within_s=60)
    until("pages", lambda: shown(one), within_s=60)
    yield one
    one.down()


@pytest.fixture(scope="module")
def public(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    folder = tmp_path_factory.mktemp("authority")
    host = f"{box.address.rpartition('.')[0]}.1"
    with authority(folder, host=host, life_s=LIFE_S) as one:
        one.lead(NAME, box.address)
        yield one


def shown(box: Box, port: int = 443) -> x509.Certificate:
    return x509.load_pem_x509_certificate(
        ssl.get_server_certificate((box.address, port), timeout=10).encode()
    )


def is_for(found: x509.Certificate, name: str) -> bool:
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return name in names.get_values_for_type(x509.DNSName)


def by_acme(box: Box) -> dict[str, Any]:
    told: dict[str, Any] = ask(box, "/certificates")[1]["acme"]
    return told


def wish(one: Authority, *names: str) -> dict[str, object]:
    return {
        "names": list(names or (NAME,)),
        "directory": one.directory,
        "root": one.root,
        "agreed": True,
    }


def state(box: Box, which: str, within_s: float = 60) -> dict[str, Any]:
    until(f"it is {which}", lambda: by_acme(box)["state"] == which, within_s=within_s, every_s=0.5)
    return by_acme(box)


def nobody(box: Box) -> str:
    """An address of the box's network that nobody has: a connection there takes seconds to fail."""
    return f"{box.address.rpartition('.')[0]}.99"


def hours_pass(box: Box) -> None:
    """As if the last try were four hours ago, which is when the timer has hostd look again."""
    path = box.data / "own/hostd/state.json"
    kept = json.loads(path.read_text())
    kept["asked_at"] = (datetime.fromisoformat(kept["asked_at"]) - timedelta(hours=4)).isoformat()
    path.write_text(json.dumps(kept))
    box.systemctl("start", "linebox-hostd")


def fill(tab: Tab, public: Authority) -> None:
    page = tab.page
    page.locator("#acme-names").fill(NAME)
    page.get_by_test_id("acme-own").click()
    page.locator("#acme-directory").fill(public.directory)
    page.locator("#acme-root").fill(public.root)


@pytest.mark.req("SET-1", "SEC-2")
def test_an_owner_has_a_certificate_fetched_by_a_click(box: Box, public: Authority) -> None:
    asterisk = box.main_pid("asterisk")
    own = shown(box)
    with (
        chromium(box.pid) as browser,
        open_tab(browser, f"https://{box.address}", width=360) as tab,
    ):
        owner_at(tab, box, "/settings/certificates")
        fill(tab, public)
        tab.page.get_by_test_id("acme-ask").click()
        expect(tab.page.locator("#acme-agreed-fault")).to_be_visible(timeout=15_000)
        tab.page.locator("#acme-agreed").check()
        tab.page.get_by_test_id("acme-ask").click()
        now = tab.page.get_by_test_id("acme-state")
        expect(now).to_have_attribute("data-state", re.compile("asking|good"), timeout=15_000)
        expect(now).to_have_attribute("data-state", "good", timeout=60_000)
        expect(tab.page.locator("dl").first).to_contain_text(NAME)
        expect(tab.page.locator("#acme-names")).to_have_value(NAME)
        assert not tab.axe()
    for port in (443, 5061):
        until("it is shown", lambda port=port: is_for(shown(box, port), NAME), within_s=20)
    assert shown(box).issuer != own.issuer
    assert box.main_pid("asterisk") == asterisk, "no call is cut for a certificate"
    assert ask(box, "/certificates")[1]["kind"] == "acme"


@pytest.mark.req("SET-1")
def test_it_is_renewed_before_its_end(box: Box, public: Authority) -> None:
    before = shown(box)
    hours_pass(box)
    until("it is renewed", lambda: shown(box) != before, within_s=LIFE_S, every_s=1)
    renewed = shown(box)
    assert is_for(renewed, NAME)
    assert before.not_valid_before_utc < renewed.not_valid_before_utc < before.not_valid_after_utc


@pytest.mark.req("SET-1")
def test_a_name_that_does_not_lead_here_keeps_the_old_one_and_says_why(
    box: Box, public: Authority
) -> None:
    state(box, "good")
    before = shown(box)
    public.lead(NAME, nobody(box))
    try:
        assert ask(box, "/certificates/acme", wish(public))[0] == 200
        assert ask(box, "/certificates/acme", wish(public))[1]["code"] == "acme-asking"
        trouble = state(box, "failed")["trouble"]
    finally:
        public.lead(NAME, box.address)
    assert trouble["code"] == "acme-port" and NAME in trouble["en"] and NAME in trouble["zh"]
    assert shown(box) == before
    with chromium(box.pid) as browser, open_tab(browser, f"https://{box.address}") as tab:
        owner_at(tab, box, "/settings/certificates")
        expect(tab.page.get_by_test_id("acme-state")).to_contain_text(NAME, timeout=15_000)
        assert not tab.axe()
        tab.open("/home")
        issue = tab.page.locator('[data-test="issue"][data-key="certificate"]')
        expect(issue).to_contain_text(NAME, timeout=15_000)
        issue.get_by_role("link").click()
        expect(tab.page.get_by_test_id("acme-ask")).to_be_enabled(timeout=15_000)
        tab.page.get_by_test_id("acme-ask").click()
        expect(tab.page.get_by_test_id("acme-state")).to_have_attribute(
            "data-state", "good", timeout=60_000
        )
    assert not (box.data / "public/certificate-trouble.json").exists()


@pytest.mark.req("SET-1")
def test_a_try_that_is_killed_leaves_nothing_broken(box: Box, public: Authority) -> None:
    state(box, "good")
    public.lead(NAME, nobody(box))
    try:
        ask(box, "/certificates/acme", wish(public))
        until(
            "it talks",
            lambda: (
                box.systemctl("show", "-p", "ActiveState", "--value", "linebox-acme").strip()
                == "activating"
            ),
        )
        until(
            "a proof lies there", lambda: list((box.root / "run/linebox/acme/challenge").iterdir())
        )
        box.systemctl("kill", "-s", "KILL", "linebox-acme")
        box.kill9("linebox-hostd")
        assert state(box, "failed")["trouble"]["code"] == "acme-stopped"
    finally:
        public.lead(NAME, box.address)
    assert is_for(shown(box), NAME)
    ask(box, "/certificates/acme", wish(public))
    state(box, "good")
    assert list((box.root / "run/linebox/acme/challenge").iterdir()) == []


def fetched(box: Box, name: str) -> int:
    line = http.client.HTTPConnection(box.address, timeout=5)
    line.request("GET", f"/.well-known/acme-challenge/{name}")
    return line.getresponse().status


@pytest.mark.req("SEC-2")
def test_proofs_lead_to_no_other_file(box: Box) -> None:
    """Whoever took linebox-acme over can't have nginx tell its key."""
    at = "/run/linebox/acme/challenge"
    as_acme = ("setpriv", "--reuid=linebox-acme", "--regid=linebox-acme", "--clear-groups")
    box.sh(
        *as_acme,
        "sh",
        "-c",
        f"echo proof > {at}/plain; ln -s /run/credentials/nginx.service/tls.key {at}/key; ln -s / {at}/all",
    )
    assert fetched(box, "plain") == 200
    assert fetched(box, "key") == 403
    assert fetched(box, "all/etc/passwd") in (403, 404)
    for way in ("../answer.json", "%2e%2e/answer.json"):
        assert fetched(box, way) == 301, "to the pages, as anything else on port 80"
    assert fetched(box, "") in (403, 404)
    box.sh("sh", "-c", f"rm {at}/*")


@pytest.mark.req("SEC-2")
def test_who_talks_with_the_authority_reaches_nothing_of_the_box(
    box: Box, public: Authority
) -> None:
    """By nftables, should its sandbox be lifted; and no secret but its own."""
    reach = (
        "import socket, sys\ntry:\n    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)\n"
        "    print('reached')\nexcept OSError:\n    print('held')"
    )
    as_acme = ("setpriv", "--reuid=linebox-acme", "--regid=linebox-acme", "--clear-groups")
    host, port = public.directory.split("/")[2].split(":")
    tried = {
        at: box.sh(*as_acme, "python3", "-c", reach, *at).strip()
        for at in ((host, port), ("127.0.0.1", "5038"), ("127.0.0.1", "8088"), (box.address, "443"))
    }
    assert tried.pop((host, port)) == "reached", "the try itself is wrong"
    assert set(tried.values()) == {"held"}, tried
    script = "import socket;socket.socket(socket.AF_UNIX).connect('/run/linebox/{}/api.sock')"
    for daemon in ("calld", "confd", "boardd", "hostd", "webd"):
        said = box.sh(
            *as_acme,
            "python3",
            "-c",
            f"try:\n  {script.format(daemon)}\nexcept PermissionError:\n  print('refused')",
        )
        assert said.strip() == "refused", daemon
    for path in ("/data/secrets", "/data/recordings", "/data/own/webd"):
        assert box.sh(*as_acme, "ls", path, check=False) == ""


@pytest.mark.req("SET-1")
def test_the_owner_goes_back_to_the_box_s_own(box: Box) -> None:
    status, told = ask(box, "/certificates/acme/off", {})
    assert (status, told["kind"], told["acme"]["state"]) == (200, "own", "off")
    until("shown", lambda: is_for(shown(box), "linebox.local"))
    with socket.create_connection((box.address, 5061), timeout=5):
        until("by SIP", lambda: is_for(shown(box, 5061), "linebox.local"))
