"""What an authority's or the network's words mean, as acme-tiny hands them on."""

from __future__ import annotations

import pytest

from linebox.base.errors import InputError
from linebox.base.messages import catalogue
from linebox.base.shapes import parse
from linebox.features.host.acme import Why, failure
from linebox.features.host.model import AcmeWish


def told(
    response: object, code: object = 400, what: str = "Error creating new order"
) -> ValueError:
    """acme-tiny 5.0.3, ``_do_request``."""
    return ValueError(
        f"{what}:\nUrl: https://ca/x\nData: None\nResponse Code: {code}\nResponse: {response}"
    )


def problem(kind: str, detail: str = "words") -> dict[str, object]:
    return {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": 400}


def challenge(kind: str) -> ValueError:
    found = {"identifier": {"type": "dns", "value": "cc.cn"}, "status": "invalid", "challenges": [
        {"type": "http-01", "status": "invalid", "error": problem(kind, "Fetching http://cc.cn/: it's \"refused\"")}]}  # fmt: skip
    return ValueError(f"Challenge did not pass for cc.cn: {found}")


@pytest.mark.req("SET-1")
@pytest.mark.parametrize(
    ("kind", "code"),
    [("connection", "acme-port"), ("dns", "acme-dns"), ("unauthorized", "acme-elsewhere"), ("caa", "acme-caa"), ("tls", "acme-refused")],
)  # fmt: skip
def test_a_proof_that_fails_names_the_name(kind: str, code: str) -> None:
    found = failure(challenge(kind))
    assert (found.code, found.name) == (code, "cc.cn")
    assert "refused" in found.detail


@pytest.mark.req("SET-1")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (told(problem("rateLimited"), 429), "acme-rate"),
        (told(problem("rejectedIdentifier")), "acme-rejected"),
        (told(problem("userActionRequired"), 403), "acme-terms"),
        (told(problem("externalAccountRequired"), 403), "acme-account"),
        (told(problem("invalidContact")), "acme-email"),
        (told(problem("serverInternal"), 500), "acme-refused"),
        (told("<urlopen error [Errno -3] Temporary failure in name resolution>", None), "acme-no-way-out"),
        (told("<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] self-signed>", None), "acme-untrusted"),
        (told("<html>404</html>", 404, "Error getting directory"), "acme-no-directory"),
        (KeyError("newNonce"), "acme-no-directory"),
        (TypeError("string indices must be integers"), "acme-no-directory"),
        (IndexError("list index out of range"), "acme-no-http"),
        (told("<html>bad gateway</html>", 502), "acme-refused"),
        (AssertionError("Polling timeout"), "acme-refused"),
    ],
)  # fmt: skip
def test_a_refusal_has_a_name(error: Exception, code: str) -> None:
    assert failure(error).code == code


def test_words_of_the_authority_are_bounded_and_printable() -> None:
    found = failure(told(problem("malformed", "\x1b[31m\n" + "é很" * 500)))
    assert len(found.detail) <= 300 and found.detail.isprintable()


def test_each_reason_is_told_in_both_languages() -> None:
    known = catalogue()
    assert set(Why.__value__.__args__) <= set(known)


@pytest.mark.req("SET-1")
@pytest.mark.parametrize("name", ["cc.company.cn", "a-1.bank.local", "xn--fiq228c.cn", "x.yz"])
def test_names_are_taken(name: str) -> None:
    assert parse(AcmeWish, {"names": [name], "agreed": True}).names == (name,)


@pytest.mark.req("SET-1")
@pytest.mark.parametrize("name", ["192.168.1.20", "*.company.cn", "linebox", "CC.cn", "-a.cn", "a..cn", "公司.cn", "a.cn\n", "a" * 64 + ".cn"])  # fmt: skip
def test_what_http_01_cannot_prove_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        parse(AcmeWish, {"names": [name], "agreed": True})


@pytest.mark.parametrize("directory", ["http://ca.cn/dir", "file:///etc/passwd", "https://u:p@ca.cn/", "https://ca.cn/a b"])  # fmt: skip
def test_a_directory_is_reached_by_https_alone(directory: str) -> None:
    with pytest.raises(InputError):
        parse(AcmeWish, {"names": ["cc.cn"], "agreed": True, "directory": directory})
