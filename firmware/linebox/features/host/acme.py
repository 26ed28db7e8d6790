"""What hostd and linebox-acme tell each other, and what an authority's refusal means (RFC 8555).

Only the standard library and our base: linebox-acme, which talks with the world, imports it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from linebox.base.shapes import Length

#: Why there is no certificate; each is a sentence of base/messages.toml.
type Why = Literal[
    "acme-account",
    "acme-caa",
    "acme-dns",
    "acme-elsewhere",
    "acme-email",
    "acme-lacks",
    "acme-no-directory",
    "acme-no-http",
    "acme-no-way-out",
    "acme-port",
    "acme-rate",
    "acme-refused",
    "acme-rejected",
    "acme-stopped",
    "acme-terms",
    "acme-unfit",
    "acme-untrusted",
]
_DETAIL: Final = 300
#: The credentials that linebox-acme finds, ``request_`` before each (a folder's are named so).
ACCOUNT_KEY: Final = "account.key"
CSR: Final = "csr"
TALK: Final = "talk.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Whom linebox-acme asks. ``id``: of this try; its answer bears it."""

    id: Annotated[str, Length(1, 40)]
    directory: Annotated[str, Length(1, 300)]
    email: Annotated[str, Length(0, 254)]
    root: Annotated[str, Length(0, 20_000, lines=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """``name``: whose proof failed, empty where it isn't one name's; ``detail``: in the
    authority's or the system's own words."""

    code: Why
    name: Annotated[str, Length(0, 253)] = ""
    detail: Annotated[str, Length(0, _DETAIL)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a try: a chain (PEM), or why there is none. hostd believes neither unseen."""

    id: Annotated[str, Length(1, 40)]
    certificate: Annotated[str, Length(0, 60_000, lines=True)] = field(default="", repr=False)
    failure: Failure | None = None


#: RFC 8555, 6.7: kinds of problems.
_KINDS: Final[dict[str, Why]] = {
    "caa": "acme-caa",
    "connection": "acme-port",
    "dns": "acme-dns",
    "externalAccountRequired": "acme-account",
    "incorrectResponse": "acme-elsewhere",
    "invalidContact": "acme-email",
    "rateLimited": "acme-rate",
    "rejectedIdentifier": "acme-rejected",
    "unauthorized": "acme-elsewhere",
    "unsupportedContact": "acme-email",
    "unsupportedIdentifier": "acme-rejected",
    "userActionRequired": "acme-terms",
}
_NAME: Final = re.compile(r"(?:did not pass for|submitting challenges:) ([a-z0-9.-]{1,253})")
_TOLD: Final = re.compile(r"""'detail': (?P<quote>['"])(?P<words>.*?)(?P=quote)[,}]""")
#: Not every server tells a name that nobody knows from a port that nobody opens (pebble doesn't).
_UNRESOLVED: Final = re.compile("not resolve|no such host|NXDOMAIN|no valid A", re.I)
_RESPONSE: Final = re.compile(r"\nResponse: (.*)", re.S)


def failure(error: Exception) -> Failure:
    """What acme-tiny's exception means; its texts hold the authority's answer."""
    words = str(error)
    kind = re.search(r"urn:ietf:params:acme:error:(\w+)", words)
    if kind is not None:
        told, name = _TOLD.search(words), _NAME.search(words)
        detail = told["words"] if told else kind[1]
        code = _KINDS.get(kind[1], "acme-refused")
        if code == "acme-port" and _UNRESOLVED.search(detail):
            code = "acme-dns"
        return Failure(code=code, name=name[1] if name else "", detail=_plain(detail))
    response = _RESPONSE.search(words)
    detail = _plain(response[1] if response else f"{type(error).__name__}: {words}")
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return Failure(code="acme-untrusted", detail=detail)
    if "\nResponse Code: None\n" in words:
        return Failure(code="acme-no-way-out", detail=detail)
    if words.startswith("Error getting directory") or isinstance(error, KeyError | TypeError):
        return Failure(code="acme-no-directory", detail=detail)
    if isinstance(error, IndexError):
        return Failure(code="acme-no-http", detail=detail)
    return Failure(code="acme-refused", detail=detail)


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^ -~\u00a1-\u2027\u202a-\ud7ff\ue000-\ufffd]", " ", words).split())[
        :_DETAIL
    ]
