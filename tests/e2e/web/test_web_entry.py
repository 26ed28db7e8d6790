"""nginx before the pages: redirect, headers, compression, caching, recordings only by webd's word."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import APIRequestContext, APIResponse, Browser

from fixtures.boxes import until
from fixtures.site import Site

SECURITY = {
    "strict-transport-security": r"max-age=\d{8}",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'self'",
}


@pytest.fixture
def ask(chromium: Browser) -> Iterator[APIRequestContext]:
    context = chromium.new_context(ignore_https_errors=True)
    yield context.request
    context.close()


def secured(answer: APIResponse) -> None:
    for header, wanted in SECURITY.items():
        assert re.search(wanted, answer.headers.get(header, "")), (answer.url, header)
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.req("SEC-4")
def test_http_leads_to_https(ask: APIRequestContext, site: Site) -> None:
    answer = ask.get(f"http://{site.box.address}/calls?number=139", max_redirects=0)
    assert answer.status == 301
    assert answer.headers["location"] == f"https://{site.box.address}/calls?number=139"


@pytest.mark.req("SEC-4")
def test_pages_come_compressed_with_cache_and_security_headers(
    ask: APIRequestContext, home: str
) -> None:
    for path in ("/", "/calls", "/calls/nothing", "/login"):
        page = ask.get(home + path)
        assert page.status == 200 and page.headers["cache-control"] == "no-cache", path
        secured(page)
    assets = sorted(set(re.findall(r'"(/assets/[^"]+)"', ask.get(home).text())))
    assert {asset.rpartition(".")[2] for asset in assets} == {"js", "css"}
    for path in assets:
        asset = ask.get(home + path, headers={"Accept-Encoding": "gzip"})
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["content-encoding"] == "gzip" and "vary" in asset.headers
        secured(asset)
    assert ask.get(f"{home}/assets/no-such.js").status == 404


@pytest.mark.req("SEC-1", "REC-2")
def test_recording_comes_through_nginx_only_by_webds_word(
    ask: APIRequestContext, site: Site, home: str, code: str
) -> None:
    caller = site.caller()
    site.ended([site.place(caller, keys=["1"], with_agent_s=3)])
    call = site.filed([caller])[caller]["id"]
    # Conversion rests some minutes, so that it never competes with calls: this one is old already.
    site.box.rows(
        "UPDATE recordings SET stopped_at = stopped_at - interval '1 hour' WHERE call_id = %s RETURNING 1",
        call,
    )
    file = until(
        "the recording is ready",
        lambda: site.box.value(
            "SELECT file FROM recordings WHERE call_id = %s AND state = 'ready'", call
        ),
        within_s=40,
    )
    url = f"{home}/api/calls/{call}/recording?n=0"
    assert ask.get(url).status == 401
    logged_in = ask.post(f"{home}/api/session", data={"password": code})
    assert logged_in.ok, logged_in.text()

    whole = ask.get(url)
    stored = (site.box.data / "recordings" / f"{file}.opus").read_bytes()
    assert whole.ok and whole.body() == stored and whole.headers["content-type"] == "audio/ogg"
    assert "x-accel-redirect" not in whole.headers
    part = ask.get(url, headers={"Range": "bytes=100-199"})
    assert part.status == 206 and part.body() == stored[100:200]
    download = ask.get(f"{url}&download=true")
    assert "attachment" in download.headers["content-disposition"] and download.body() == stored
    assert ask.get(f"{home}/_recordings/{file}.opus").status == 404
    heard = site.box.value("SELECT count(*) FROM recording_access WHERE file = %s", file)
    assert heard >= 1
