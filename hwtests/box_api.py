"""The box's API over its own certificate, as its owner with the code on the label."""

from __future__ import annotations

import json
import os
import ssl
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from machine import Machine

PORT = int(os.environ.get("LINEBOX_VM_PORT", "9543"))
#: What a change of a span or a port keeps as it was.
SETTABLE = {
    "span": ("signalling", "crc4", "line_code", "timing", "blocked", "echo"),
    "port": ("caller_id", "hangup_busy", "busy_pattern", "flash", "echo"),
}


class BoxApi:
    """Logged in. Raises ``urllib.error.HTTPError`` for what the box refuses."""

    def __init__(self, machine: Machine) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(CookieJar()),
        )
        code = machine.sh("cat /data/secrets/setup-code").strip()
        self._ask("POST", "session", {"login": "owner", "password": code})

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"https://127.0.0.1:{PORT}/api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=300) as answer:
            return None if answer.status == 204 else json.load(answer)

    def items(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", kind)["items"]
        return found

    def own_spans(self) -> list[dict[str, Any]]:
        """Of the lines that the machine always has, whatever else was plugged in (board/vm)."""
        return [span for span in self.items("spans") if span["key"].startswith("DYN/loc/")]

    def own_ports(self) -> list[dict[str, Any]]:
        spans = {span["id"] for span in self.own_spans()}
        return [port for port in self.items("ports") if port["span_id"] in spans]

    def hardware(self) -> list[dict[str, Any]]:
        """The cards, as the page shows them."""
        found: list[dict[str, Any]] = self._ask("GET", "hardware")["cards"]
        return found

    def learn(self, key: str, other: str) -> dict[str, Any]:
        """Two lines call each other; the test as it begins."""
        body = {"kind": "learn", "key": key, "other": other}
        found: dict[str, Any] = self._ask("POST", "line-tests", body)
        return found

    def line_test(self, id_: int) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", f"line-tests/{id_}")
        return found

    def update(self) -> dict[str, Any]:
        """The slots, what is being installed, the stick's bundles."""
        found: dict[str, Any] = self._ask("GET", "update")
        return found

    def install_update(self, file: str) -> None:
        """Begins; ``update`` tells how it goes on."""
        self._ask("POST", "update/install", {"file": file})

    def take_over(self, key: str) -> None:
        """What the line learnt last goes into its settings."""
        (newest, *_) = self._ask("GET", f"line-tests?key={key}")["items"]
        self._ask("POST", "line-tests/take", {"id": newest["id"]})

    def apply(self, changes: list[dict[str, Any]]) -> None:
        self._ask("POST", "settings/apply", {"changes": changes})

    @staticmethod
    def change(what: str, row: dict[str, Any], **after: object) -> dict[str, Any]:
        kept = {name: row[name] for name in SETTABLE[what] if name in row}
        return {
            "what": what,
            "key": str(row["id"]),
            "etag": row["etag"],
            "after": {**kept, **after},
        }
