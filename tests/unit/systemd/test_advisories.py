"""A mended advisory doesn't come back; what isn't checked is never called well (SEC-2)."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

import audit
from audit import Mended

KNOWN = (Mended(where="pip", package="p", first_good="3.10.2", advisory="CVE-1"),)


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    ("version", "is_back"),
    [("3.9.9", True), ("3.10.1", True), ("3.10.2", False), ("3.11", False), ("4.0.0rc1", False), ("3.10.2-1+b2", False)],
)  # fmt: skip
def test_an_older_version_than_the_mended_one_is_found(version: str, is_back: bool) -> None:
    assert bool(audit.back_again(KNOWN, {"pip": {"p": {version}}})) is is_back


@pytest.mark.req("SEC-2")
def test_nothing_that_was_mended_is_back() -> None:
    versions = {"pip": audit.python_versions(), "npm": audit.page_versions()}
    assert {"aiohttp", "psycopg", "onnxruntime", "acme-tiny"} <= versions["pip"].keys()
    assert {"vue", "vite", "jssip"} <= versions["npm"].keys()
    assert audit.back_again(audit.mended(), versions) == []


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [("", "getaddrinfo failed"), ("{}", ""), ('{"message": "405 Method Not Allowed"}', ""), ("<html>", "")],
)  # fmt: skip
def test_what_could_not_be_asked_is_not_checked(
    monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", run)
    assert audit.of_pip({"p": {"1"}}).startswith("not checked")
    assert audit.of_npm().startswith("not checked")
