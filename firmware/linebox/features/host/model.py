"""The box's own network, certificates and clock as pages see them (SET-1, SET-7, SEC-2).

hostd answers in these shapes; webd parses and hands them on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal

from linebox.base.shapes import Count, Form, Length, Range

type Way = Literal["dhcp", "static"]
#: Whose certificate nginx and Asterisk show: the box's own authority's, the owner's, or a public
#: authority's that the box asks itself (ACME).
type Kind = Literal["own", "uploaded", "acme"]

_ADDRESS = Form(r"[0-9.]{7,15}", "IPv4 地址，如 192.168.1.20", "an IPv4 address, as 192.168.1.20")
_UNIT = Form(r"[a-z-]{1,40}", "服务名", "the name of a service")
type Address = Annotated[str, Length(7, 15), _ADDRESS]
type UnitName = Annotated[str, Length(1, 40), _UNIT]
type InterfaceName = Annotated[
    str, Length(1, 15), Form(r"[A-Za-z0-9_.-]{1,15}", "网口名", "the name of a network port")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One network port. ``addresses`` have their length (``192.168.1.20/24``), IPv4 first.

    ``link``: a cable with something at its other end. ``way``: how it is set to get its address.
    """

    name: str
    mac: str
    link: bool
    speed_mbit: int | None
    way: Way
    addresses: tuple[str, ...]
    gateway: str | None
    dns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """A change that waits for its confirmation; at ``until`` the old settings come back.

    ``address`` is where the box is to be found now; None: the network will say (DHCP).
    """

    interface: str
    way: Way
    address: str | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``name``: how the box is called in the local network (mDNS). ``put_back_at``: when the last
    change that nobody confirmed was undone, None when the last one holds."""

    name: str
    interfaces: tuple[Interface, ...]
    pending: PendingChange | None
    put_back_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkWish:
    """``way`` static needs ``address`` and ``prefix``; dhcp takes neither them nor ``gateway``."""

    interface: InterfaceName
    way: Way
    address: Address | None = None
    prefix: Annotated[int, Range(8, 30)] | None = None
    gateway: Address | None = None
    dns: Annotated[tuple[Address, ...], Count(0, 3)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArmed:
    """The change is about to be made. ``token`` confirms it, from the new address, until ``until``;
    told in this answer only. ``pages``: where the box may be found then, the likeliest first."""

    token: str = field(repr=False)
    until: datetime
    seconds: int
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkToken:
    token: Annotated[str, Length(1, 100)] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The box's own authority. ``fingerprint``: SHA-256, as phones show it (``AB:CD:…``)."""

    name: str
    fingerprint: str
    not_after: datetime


_DNS_NAME = Form(
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])",
    "小写的完整域名，如 cc.company.cn；不能用 IP 地址或 *",
    "a whole name in small letters, as cc.company.cn; no IP address, no *",
)
_DIRECTORY = Form(
    r"https://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~/%-]*)?",
    "https:// 开头的网址",
    "an address that begins with https://",
)
_EMAIL = Form(
    r"|[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,60}",
    "邮箱地址，如 it@company.cn",
    "an e-mail address, as it@company.cn",
)
#: Where a certificate is asked for unless the owner says otherwise.
LETS_ENCRYPT: Final = "https://acme-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeWish:
    """For which ``names`` which authority is asked (RFC 8555). ``root``: PEM of the authority that
    vouches for ``directory`` itself, empty for a public one. ``agreed``: to the authority's terms;
    without that nobody is asked."""

    names: Annotated[tuple[Annotated[str, Length(4, 253), _DNS_NAME], ...], Count(1, 10)]
    directory: Annotated[str, Length(1, 300), _DIRECTORY] = LETS_ENCRYPT
    email: Annotated[str, Length(0, 254), _EMAIL] = ""
    root: Annotated[str, Length(0, 20_000, lines=True)] = ""
    agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with the certificate, and what to do. ``at``: when that was found out;
    ``again_at``: the box tries again by itself after it."""

    code: str
    zh: str
    en: str
    at: datetime
    again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acme:
    """A certificate by ACME: ``off``, being asked for, in use, or not to be had for ``trouble``
    (an earlier one stays in use)."""

    state: Literal["off", "asking", "good", "failed"]
    wish: AcmeWish | None
    trouble: Trouble | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """The certificate in use. ``renews_at`` is None for one that only the owner can renew.

    ``missing``: names and addresses of the box for which it isn't good.
    """

    kind: Kind
    names: tuple[str, ...]
    missing: tuple[str, ...]
    issuer: str
    fingerprint: str
    not_before: datetime
    not_after: datetime
    renews_at: datetime | None
    authority: Authority
    acme: Acme


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadWish:
    """PEM: ``certificate`` the box's, then its intermediates; ``key`` unencrypted."""

    certificate: Annotated[str, Length(1, 60_000, lines=True)]
    key: Annotated[str, Length(1, 20_000, lines=True)] = field(repr=False)


type ClockState = Literal["synchronised", "searching", "by-hand", "not-ours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """``not-ours``: a container's clock is its host's. ``offset_ms``: how far it is off by its
    ``source`` (a server's name); both None unless synchronised."""

    at: datetime
    state: ClockState
    source: str | None
    offset_ms: float | None
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWish:
    """``at``: set by hand, refused while the clock is synchronised. ``servers``: where the time
    comes from, () = the factory's. What is None stays."""

    at: datetime | None = None
    servers: (
        Annotated[
            tuple[
                Annotated[
                    str,
                    Length(1, 100),
                    Form(r"[A-Za-z0-9.-]+", "服务器名或地址", "a server's name or address"),
                ],
                ...,
            ],
            Count(0, 4),
        ]
        | None
    ) = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleWish:
    """``settings``: what webd knows of them; hostd cleans it as everything else."""

    settings: Annotated[str, Length(0, 2**20, lines=True)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartWish:
    """``cut_calls``: restart also what ends calls in progress (Asterisk)."""

    cut_calls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """``state`` as systemd tells it once it is done; ``activating`` for webd and nginx, which carry
    this very answer and go a moment later."""

    unit: str
    state: str
