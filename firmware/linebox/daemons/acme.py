"""linebox-acme: asks an authority for the certificate once (RFC 8555, HTTP-01), and ends.

The only process of ours with a way out. What it is told lies in its credentials; nginx serves the
proofs that it writes; hostd reads its answer and checks it as it would an owner's. The
certificate's own key is not here. The protocol is acme-tiny's (image/app.lock).
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from linebox.base import log as logs
from linebox.base.files import write_whole
from linebox.base.shapes import parse, render
from linebox.config.paths import paths
from linebox.features.host import acme

log = logging.getLogger(__name__)

#: Of one request; the whole try is limited by the unit's TimeoutStartSec.
_REQUEST_S: Final = 20.0

#: acme-tiny's ``get_crt``.
type Client = Callable[..., str]


def only_https(root: str) -> None:
    """Every request of this process goes by HTTPS, follows no redirect and reads no file.

    ``root``: the one authority (PEM) that may vouch for the server; empty: those of the system.
    """
    context = ssl.create_default_context(cadata=root or None)
    if root:  # a company's own authority may be older than today's rules of how one is made
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    urllib.request.install_opener(opener)
    socket.setdefaulttimeout(_REQUEST_S)


def ask(talk: acme.Talk, secrets: Path, challenges: Path, client: Client) -> acme.Answer:
    """One try. Never raises for what the authority or the network does."""
    _empty(challenges)
    try:
        certificate = client(
            str(secrets / f"request_{acme.ACCOUNT_KEY}"),
            str(secrets / f"request_{acme.CSR}"),
            str(challenges),
            log=log,
            disable_check=True,  # a box seldom reaches itself by its public address
            directory_url=talk.directory,
            contact=[f"mailto:{talk.email}"] if talk.email else None,
        )
    except Exception as error:  # acme-tiny raises what it stumbles over
        log.warning("no certificate: %s", error)
        return acme.Answer(id=talk.id, failure=acme.failure(error))
    finally:
        _empty(challenges)
    return acme.Answer(id=talk.id, certificate=certificate)


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        one.unlink()


def main() -> int:
    # Debian has it as a package too; the box has the wheel of image/app.lock.
    from acme_tiny import get_crt

    logs.setup()
    at = paths()
    talk = parse(acme.Talk, json.loads((at.secrets / f"request_{acme.TALK}").read_text("utf-8")))
    only_https(talk.root)
    log.info("asking %s", talk.directory)
    answer = ask(talk, at.secrets, at.run / "acme/challenge", get_crt)
    told = json.dumps(render(answer), ensure_ascii=False)
    write_whole(at.run / "acme/answer.json", told, mode=0o644, lasting=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
