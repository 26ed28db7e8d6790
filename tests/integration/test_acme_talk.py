"""linebox-acme against a real server (pebble): what it brings home, and what a refusal is called.

Its own process, without a box; proofs are served by a plain web server here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fixtures.authority import BLOCKED, Authority, authority, free_port
from linebox.features.host import acme
from linebox.features.host import certificates as rules

REPO = Path(__file__).resolve().parents[2]
#: As the box has it (image/app.lock).
CLIENT = Path(os.environ.get("LINEBOX_TREES", REPO / "build/tree")) / "app/usr/lib/linebox/acme"
NAME = "cc.company.test"


@dataclass
class House:
    """Where linebox-acme runs: its credentials, its folder, and who is asked."""

    root: Path
    asked: Authority = field(init=False)
    #: What answers at every name's port 80; None: who knows the proofs.
    stranger: bytes | None = None

    def ask(self, *names: str, **other: str) -> acme.Answer:
        """One try with a new request; ``other``: another directory, root or email."""
        credentials = self.root / "credentials"
        made = rules.make_request(names or (NAME,))
        talk = {
            "id": "try",
            "directory": self.asked.directory,
            "root": self.asked.root,
            "email": "",
        }
        (credentials / "request_csr").write_bytes(made.csr)
        (credentials / "request_talk.json").write_text(json.dumps({**talk, **other}))
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{REPO}/firmware:{CLIENT}",
               "LINEBOX_ROOT": str(self.root), "CREDENTIALS_DIRECTORY": str(credentials)}  # fmt: skip
        command = [sys.executable, "-m", "linebox.daemons.acme"]
        done = subprocess.run(command, env=env, capture_output=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        told: Any = json.loads((self.root / "run/linebox/acme/answer.json").read_text())
        assert told["id"] == "try"
        assert not list(self.proofs.iterdir()), "no proof is left"
        failure = told["failure"] and acme.Failure(**told["failure"])
        return acme.Answer(id="try", certificate=told["certificate"], failure=failure)

    def refused(self, *names: str, **other: str) -> acme.Failure:
        answer = self.ask(*names, **other)
        assert answer.failure is not None and answer.certificate == ""
        return answer.failure

    @property
    def proofs(self) -> Path:
        return self.root / "run/linebox/acme/challenge"


def answering(house: House) -> type[BaseHTTPRequestHandler]:
    """The web server at the names, as nginx is on a box."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = house.stranger or (house.proofs / self.path.rpartition("/")[2]).read_bytes()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    return Handler


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    made.proofs.mkdir(parents=True)
    (made.root / "credentials").mkdir()
    (made.root / "credentials/request_account.key").write_bytes(rules.make_account_key())
    with ThreadingHTTPServer(("127.0.0.1", 0), answering(made)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        with authority(tmp_path_factory.mktemp("authority"), proofs_port=port) as made.asked:
            made.asked.lead(NAME, "127.0.0.1")
            yield made
        server.shutdown()


@pytest.mark.req("SET-1")
def test_a_certificate_for_several_names_is_brought_home(house: House) -> None:
    house.asked.lead("call.company.test", "127.0.0.1")
    answer = house.ask(NAME, "call.company.test", email="it@company.test")
    assert answer.failure is None
    assert set(rules.told(answer.certificate.encode()).names) == {NAME, "call.company.test"}
    assert answer.certificate.count("BEGIN CERTIFICATE") >= 2, "with what stands above it"


@pytest.mark.req("SET-1")
def test_a_refusal_has_its_reason(house: House) -> None:
    house.asked.lead("closed.test", "127.0.0.2")  # nothing listens there
    assert house.refused("nowhere.test").code == "acme-dns"
    found = house.refused("closed.test")
    assert (found.code, found.name) == ("acme-port", "closed.test")
    assert house.refused(BLOCKED).code == "acme-rejected"


@pytest.mark.req("SET-1")
def test_another_machine_at_the_name_is_told(house: House) -> None:
    house.stranger = b"a router's own page"
    try:
        found = house.refused(NAME)
    finally:
        house.stranger = None
    assert (found.code, found.name) == ("acme-elsewhere", NAME)


@pytest.mark.req("SET-1", "SEC-2")
def test_only_who_proves_itself_is_asked(house: House) -> None:
    assert house.refused(root="").code == "acme-untrusted"
    closed = f"https://127.0.0.1:{free_port()}/dir"
    assert house.refused(directory=closed).code == "acme-no-way-out"
    unknown = house.refused(directory="https://ca.invalid/dir", root="")
    assert unknown.code == "acme-no-way-out"
    no_directory = house.asked.directory.removesuffix("dir") + "nonce-plz"
    assert house.refused(directory=no_directory).code == "acme-no-directory"
