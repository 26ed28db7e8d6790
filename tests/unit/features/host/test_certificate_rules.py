"""The authority's limits, when a certificate is made anew, and which of an owner's is taken."""

from __future__ import annotations

import plistlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linebox.base.errors import InputError
from linebox.features.host import certificates as rules

NOW = datetime.now(UTC)
#: After the company has issued.
LATER = NOW + timedelta(hours=1)
NAMES = [*rules.NAMES, "192.168.1.20"]


@pytest.fixture(scope="module")
def authority() -> rules.Pair:
    return rules.make_authority(NOW)


@pytest.fixture(scope="module")
def leaf(authority: rules.Pair) -> rules.Pair:
    return rules.make_leaf(authority, NAMES, NOW)


def verified(folder: Path, above: bytes, below: bytes, *words: str) -> bool:
    """OpenSSL's own opinion."""
    (folder / "above").write_bytes(above)
    (folder / "below").write_bytes(below)
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", *words, "-CAfile", folder / "above", folder / "below"],
        capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@pytest.mark.req("SEC-2")
def test_the_box_s_certificate_is_good_for_its_names(
    authority: rules.Pair, leaf: rules.Pair, tmp_path: Path
) -> None:
    for words in (("-verify_hostname", "linebox.local"), ("-verify_ip", "192.168.1.20")):
        assert verified(tmp_path, authority.certificate, leaf.certificate, *words)
    assert not verified(
        tmp_path, authority.certificate, leaf.certificate, "-verify_hostname", "bank.cn"
    )
    told = rules.told(leaf.certificate)
    assert told.names == tuple(NAMES)
    assert (told.not_after - told.not_before).days == rules.LEAF_DAYS


@pytest.mark.req("SEC-2")
def test_the_authority_cannot_vouch_for_another_site(
    authority: rules.Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever steals its key makes no certificate of a bank that a browser takes."""
    monkeypatch.setattr(rules, "permitted", lambda name: True)
    for name in ("bank.cn", "8.8.8.8", "notlinebox.local"):
        forged = rules.make_leaf(authority, [name], NOW)
        assert not verified(tmp_path, authority.certificate, forged.certificate), name


def test_names_beyond_the_authority_are_left_out(authority: rules.Pair) -> None:
    made = rules.make_leaf(authority, [*NAMES, "8.8.8.8", "cc.company.cn"], NOW)
    assert rules.told(made.certificate).names == tuple(NAMES)


@pytest.mark.parametrize(
    ("days", "more", "why"),
    [
        (0, (), ""),
        (0, ("8.8.8.8",), ""),
        (0, ("192.168.1.21",), "it lacks 192.168.1.21"),
        (rules.LEAF_DAYS - rules.RENEW_DAYS - 2, (), ""),
        (rules.LEAF_DAYS - rules.RENEW_DAYS, (), "it ends soon"),
        (-3, (), "it isn't valid yet"),
    ],
)
def test_it_is_renewed_in_time_and_when_an_address_comes(
    authority: rules.Pair, leaf: rules.Pair, days: int, more: tuple[str, ...], why: str
) -> None:
    assert rules.stale(leaf, authority, [*NAMES, *more], NOW + timedelta(days=days)) == why


def test_another_authority_s_or_a_torn_pair_is_replaced(leaf: rules.Pair) -> None:
    other = rules.make_authority(NOW)
    assert rules.stale(leaf, other, NAMES, NOW) == "it isn't the authority's"
    torn = rules.Pair(certificate=leaf.certificate, key=other.key)
    assert not rules.sound(torn)
    assert rules.sound(leaf)
    assert not rules.sound(rules.Pair(certificate=b"", key=leaf.key))


def test_a_wildcard_covers_one_label() -> None:
    assert rules.missing(["*.company.cn"], ["cc.company.cn", "company.cn"]) == ("company.cn",)


def test_apple_s_profile_holds_the_authority(authority: rules.Pair) -> None:
    told = plistlib.loads(rules.profile(authority.certificate))
    assert told["PayloadContent"][0]["PayloadType"] == "com.apple.security.root"
    assert told == plistlib.loads(rules.profile(authority.certificate)), "the same each time"


class Company:
    """A company's own authority and certificates, made by OpenSSL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca", "-subj", "/CN=Company CA", "-days", "9")  # fmt: skip
        self.ca = self.read("ca")

    def ssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def issue(
        self,
        name: str = "c",
        *,
        bits: str = "2048",
        ext: str = "subjectAltName=DNS:cc.cn",
        days: str = "5",
    ) -> tuple[str, str]:
        self.ssl("req", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.req", "-subj", f"/CN={name}")  # fmt: skip
        (self.folder / "ext").write_text(ext + "\n")
        self.ssl("x509", "-req", "-in", f"{name}.req", "-CA", "ca", "-CAkey", "ca.key", "-CAcreateserial", "-days", days, "-extfile", "ext", "-out", name)  # fmt: skip
        return self.read(name), self.read(f"{name}.key")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(tmp_path_factory.mktemp("company"))


def refused(certificate: str, key: str, now: datetime = LATER) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        rules.check_upload(certificate, key, now)
    told = caught.value.fields["problems"]
    assert isinstance(told, list)
    return {one["field"]: one["code"] for one in told}


@pytest.mark.req("SET-1", "SEC-2")
def test_an_owner_s_certificate_is_taken(company: Company) -> None:
    certificate, key = company.issue()
    pair = rules.check_upload(certificate + company.ca, key, LATER)
    assert rules.sound(pair)
    assert pair.certificate.count(b"BEGIN CERTIFICATE") == 2
    assert rules.told(pair.certificate).names == ("cc.cn",)


@pytest.mark.req("SET-1", "SEC-2")
def test_a_wrong_one_is_refused_with_its_cure(company: Company) -> None:
    certificate, key = company.issue()
    other = rules.make_authority(NOW)
    in_a_week = NOW + timedelta(days=8)
    assert refused("rubbish", "rubbish") == {
        "certificate": "certificate-unreadable",
        "key": "certificate-key-unreadable",
    }
    assert refused(certificate, other.key.decode()) == {"key": "certificate-key-of-another"}
    assert refused(company.ca, company.read("ca.key")) == {
        "certificate": "certificate-is-authority"
    }
    assert refused(certificate, key, in_a_week) == {"certificate": "certificate-over"}
    assert refused(certificate, key, NOW - timedelta(days=2)) == {"certificate": "certificate-not-yet"}  # fmt: skip
    assert refused(certificate + other.certificate.decode(), key) == {"certificate": "certificate-chain"}  # fmt: skip


@pytest.mark.req("SEC-2")
def test_what_browsers_would_refuse_is_refused_here(company: Company) -> None:
    weak = company.issue("weak", bits="1024")
    nameless = company.issue("nameless", ext="keyUsage=digitalSignature")
    client = company.issue("client", ext="subjectAltName=DNS:a.cn\nextendedKeyUsage=clientAuth")
    assert refused(*weak) == {"key": "certificate-key-weak"}
    assert refused(*nameless) == {"certificate": "certificate-no-names"}
    assert refused(*client) == {"certificate": "certificate-not-for-servers"}
    certificate, _ = company.issue("locked")
    company.ssl("pkey", "-in", "locked.key", "-aes128", "-passout", "pass:secret", "-out", "locked.pem")  # fmt: skip
    assert refused(certificate, company.read("locked.pem")) == {"key": "certificate-key-locked"}
    company.ssl("genpkey", "-algorithm", "ed25519", "-out", "ed.key")
    assert refused(certificate, company.read("ed.key"))["key"] == "certificate-key-kind"
