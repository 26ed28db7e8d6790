"""The box's authority, its certificates, and what an owner's certificate must be (SEC-2, SET-1).

Pure: bytes in, bytes out. Only hostd imports it (python3-cryptography).
"""

from __future__ import annotations

import ipaddress
import itertools
import plistlib
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from linebox.base.shapes import Problem, invalid

#: Browsers take at most 398 days from a public authority, phones 825 from one's own.
LEAF_DAYS: Final = 397
RENEW_DAYS: Final = 30
_AUTHORITY_DAYS: Final = 20 * 365
#: A clock that runs behind must not find a certificate not yet valid.
_BEFORE: Final = timedelta(days=1)
#: The names a box has wherever it stands.
NAMES: Final = ("linebox.local", "localhost", "127.0.0.1", "::1")
#: All that the authority may speak for: with its key nobody can make a certificate of another site.
_NETS: Final = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "127.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
_DOMAINS: Final = ("linebox.local", "localhost")
_MAX_CHAIN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate (PEM, with what stands above it) and its key (PEM)."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A key (PEM) that stays here, and the request (PEM) to sign a certificate for it."""

    key: bytes
    csr: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a certificate says. ``fingerprint``: SHA-256, ``AB:CD:…``."""

    names: tuple[str, ...]
    issuer: str
    subject: str
    fingerprint: str
    not_before: datetime
    not_after: datetime


def permitted(name: str) -> bool:
    """May the box's authority speak for that name or address?"""
    address = _ip(name)
    if address is None:
        return any(name == one or name.endswith("." + one) for one in _DOMAINS)
    nets = (ipaddress.ip_network(one) for one in _NETS)
    return any(address.version == net.version and address in net for net in nets)


def make_authority(now: datetime) -> Pair:
    """A new authority of this box's own, whose key never leaves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    id_ = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = _name(f"Linebox {id_.digest[:3].hex().upper()}")
    nets: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(one)) for one in _NETS]
    domains = [x509.DNSName(one) for one in _DOMAINS]
    made = (
        _builder(name, name, key.public_key(), now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(id_, critical=False)
        .add_extension(x509.NameConstraints([*domains, *nets], None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(certificate=_pem(made), key=_key_pem(key))


def make_leaf(authority: Pair, names: Iterable[str], now: datetime) -> Pair:
    """A certificate for the names that the authority may speak for, with a key of its own."""
    above = _load(authority.certificate)[0]
    signer = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    wanted: list[x509.GeneralName] = []
    for name in dict.fromkeys(one for one in names if permitted(one)):
        address = _ip(name)
        wanted.append(x509.DNSName(name) if address is None else x509.IPAddress(address))
    made = (
        _builder(_name("linebox.local"), above.subject, key.public_key(), now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    return Pair(certificate=_pem(made), key=_key_pem(key))


def make_request(names: Sequence[str]) -> Request:
    """A new key and the request of a certificate for DNS names."""
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    made = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(
        wanted, critical=False
    )
    csr = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return Request(key=_key_pem(key), csr=csr)


def make_account_key() -> bytes:
    """With which the box is known to an authority (RFC 8555, 7.3); acme-tiny signs by RSA."""
    return _key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def check_root(root: str) -> None:
    """Raises ``InputError("invalid-input")`` when ``root`` is no authority's certificate."""
    try:
        found = _load(root.encode())
    except (ValueError, TypeError) as error:
        raise invalid(Problem("root", "certificate-unreadable", {})) from error
    below = next((one for one in found if not _is_authority(one)), None)
    if below is not None:
        raise invalid(Problem("root", "acme-root-below", {"name": _spoken(below.subject)}))


def renews_at(one: Told) -> datetime:
    """When a certificate of another authority is asked for anew: 30 days before its end, of one
    that lives shorter than 90 days with a third of its life left."""
    return one.not_after - min(timedelta(days=RENEW_DAYS), (one.not_after - one.not_before) / 3)


def told(certificate: bytes) -> Told:
    """The first certificate of a PEM text. Raises ``ValueError`` when it is none."""
    one = _load(certificate)[0]
    raw = one.fingerprint(hashes.SHA256()).hex().upper()
    return Told(
        names=_names(one),
        issuer=_spoken(one.issuer),
        subject=_spoken(one.subject),
        fingerprint=":".join(raw[n : n + 2] for n in range(0, len(raw), 2)),
        not_before=one.not_valid_before_utc,
        not_after=one.not_valid_after_utc,
    )


def missing(names: Sequence[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """For which of ``wanted`` a certificate with ``names`` isn't good (RFC 6125: ``*.a.cn``)."""
    there = set(names)
    return tuple(
        one for one in wanted if one not in there and "*." + one.partition(".")[2] not in there
    )


def stale(pair: Pair, authority: Pair, wanted: Iterable[str], now: datetime) -> str:
    """Why a certificate of the box's own must be made anew; empty while it need not."""
    try:
        one, above = _load(pair.certificate)[0], _load(authority.certificate)[0]
        if not _fits(one, pair.key):
            return "its key is another's"
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return "it isn't the authority's"
    if now >= one.not_valid_after_utc - timedelta(days=RENEW_DAYS):
        return "it ends soon"
    if now < one.not_valid_before_utc:
        return "it isn't valid yet"
    lacking = missing(_names(one), (name for name in wanted if permitted(name)))
    return f"it lacks {', '.join(lacking)}" if lacking else ""


def sound(pair: Pair) -> bool:
    """Can a server start with it? Its two halves belong to each other."""
    try:
        return _fits(_load(pair.certificate)[0], pair.key)
    except (ValueError, TypeError):
        return False


def check_upload(certificate: str, key: str, now: datetime) -> Pair:
    """An owner's certificate as servers take it: its own first, then those above it.

    Raises ``InputError("invalid-input")`` with what is wrong at its field.
    """
    problems: list[Problem] = []

    def refuse(field: str, code: str, **fields: object) -> None:
        problems.append(Problem(field, code, fields))

    chain: list[x509.Certificate] = []
    try:
        chain = _load(certificate.encode())
    except (ValueError, TypeError):
        refuse("certificate", "certificate-unreadable")
    private = None
    try:
        private = serialization.load_pem_private_key(key.encode(), None)
    except TypeError:
        refuse("key", "certificate-key-locked")
    except (ValueError, UnicodeEncodeError):
        refuse("key", "certificate-key-unreadable")
    known = private if isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None
    if known is None:
        if private is not None:
            refuse("key", "certificate-key-kind")
    elif known.key_size < (2048 if isinstance(known, rsa.RSAPrivateKey) else 256):
        refuse("key", "certificate-key-weak", bits=known.key_size)
    if chain:
        _check_chain(chain, now, refuse)
        if known is not None and not _same(chain[0], known):
            refuse("key", "certificate-key-of-another")
    if problems or known is None:
        raise invalid(*problems)
    return Pair(certificate=b"".join(_pem(one) for one in chain), key=_key_pem(known))


type _Refuse = Callable[..., None]


def _check_chain(chain: list[x509.Certificate], now: datetime, refuse: _Refuse) -> None:
    one = chain[0]
    if len(chain) > _MAX_CHAIN:
        refuse("certificate", "too-many", max=_MAX_CHAIN)
    if _is_authority(one):
        refuse("certificate", "certificate-is-authority", name=_spoken(one.subject))
        return
    if now >= one.not_valid_after_utc:
        refuse("certificate", "certificate-over", day=one.not_valid_after_utc.date())
    elif now < one.not_valid_before_utc:
        refuse("certificate", "certificate-not-yet", day=one.not_valid_before_utc.date())
    if not _names(one):
        refuse("certificate", "certificate-no-names")
    if not _for_servers(one):
        refuse("certificate", "certificate-not-for-servers")
    for below, above in itertools.pairwise(chain):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            refuse(
                "certificate",
                "certificate-chain",
                below=_spoken(below.subject),
                above=_spoken(above.subject),
            )
            return


def profile(authority: bytes) -> bytes:
    """The authority as Apple's phones and computers install it (a configuration profile)."""
    one = _load(authority)[0]
    name = _spoken(one.subject)
    id_ = uuid.uuid5(uuid.NAMESPACE_OID, one.fingerprint(hashes.SHA256()).hex())
    payload = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"local.linebox.{id_}.root",
        "PayloadUUID": str(uuid.uuid5(id_, "root")).upper(),
        "PayloadDisplayName": name,
        "PayloadCertificateFileName": "linebox.crt",
        "PayloadContent": one.public_bytes(serialization.Encoding.DER),
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"local.linebox.{id_}",
            "PayloadUUID": str(id_).upper(),
            "PayloadDisplayName": name,
            "PayloadDescription": "信任这台盒子的网页。 Trusts the pages of this box.",
            "PayloadContent": [payload],
        }
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    begin = now.replace(microsecond=0) - _BEFORE
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=begin,
        not_valid_after=begin + timedelta(days=days),
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _spoken(name: x509.Name) -> str:
    """How people call it: common name and organisation."""
    found = [
        str(one.value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        for one in name.get_attributes_for_oid(oid)
    ]
    return ", ".join(dict.fromkeys(found))[:200] or name.rfc4514_string()[:200]


def _names(one: x509.Certificate) -> tuple[str, ...]:
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def _is_authority(one: x509.Certificate) -> bool:
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _for_servers(one: x509.Certificate) -> bool:
    try:
        usage = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usage


def _load(pem: bytes) -> list[x509.Certificate]:
    """Raises ``ValueError`` when nothing readable is there."""
    found = x509.load_pem_x509_certificates(pem)
    for one in found:
        list(one.extensions)  # what can't be parsed says so here, not later
    return found


def _fits(one: x509.Certificate, key: bytes) -> bool:
    return _same(one, serialization.load_pem_private_key(key, None))


def _same(one: x509.Certificate, private: object) -> bool:
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return False
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = serialization.Encoding.DER
    return one.public_key().public_bytes(der, form) == private.public_key().public_bytes(der, form)


def _pem(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
