"""What an address must be before the box takes it, and what networkd is told."""

from __future__ import annotations

import pytest

from linebox.base.errors import InputError
from linebox.features.host import network
from linebox.features.host.model import NetworkWish

PORTS = ("eth0", "eth1")


def wish(**given: object) -> NetworkWish:
    plain: dict[str, object] = {
        "interface": "eth0",
        "way": "static",
        "address": "192.168.1.20",
        "prefix": 24,
        "gateway": "192.168.1.1",
    }
    return NetworkWish(**{**plain, **given})  # type: ignore[arg-type]


def problems(asked: NetworkWish, others: tuple[str, ...] = ()) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        network.check(asked, ports=PORTS, others=others)
    told = caught.value.fields["problems"]
    assert isinstance(told, list)
    assert all(one["zh"] and one["en"] and "?" not in one["en"] for one in told)
    return {one["field"]: one["code"] for one in told}


@pytest.mark.req("SET-1")
def test_a_fit_address_is_taken() -> None:
    network.check(wish(), ports=PORTS, others=("10.0.0.5/8", "fe80::1/64"))
    network.check(wish(gateway=None, dns=("223.5.5.5",)), ports=PORTS, others=())
    network.check(wish(way="dhcp", address=None, prefix=None, gateway=None), ports=PORTS, others=())


@pytest.mark.req("SET-1")
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"interface": "wlan9"}, {"interface": "network-no-such-port"}),
        ({"address": "192.168.1.999"}, {"address": "network-not-an-address"}),
        ({"address": "127.0.0.5", "gateway": None}, {"address": "network-not-an-address"}),
        ({"address": "224.0.0.5", "gateway": None}, {"address": "network-not-an-address"}),
        ({"address": "192.168.1.0"}, {"address": "network-address-of-the-net"}),
        ({"address": "192.168.1.255"}, {"address": "network-address-of-the-net"}),
        ({"gateway": "192.168.2.1"}, {"gateway": "network-gateway-outside"}),
        ({"gateway": "192.168.1.20"}, {"gateway": "network-gateway-is-box"}),
        ({"gateway": "1.2.3"}, {"gateway": "network-not-an-address"}),
        ({"dns": ("8.8.8.8", "0.0.0.0")}, {"dns.1": "network-not-an-address"}),
        ({"address": None, "prefix": None}, {"address": "missing", "prefix": "missing"}),
        (
            {"way": "dhcp"},
            dict.fromkeys(("address", "prefix", "gateway"), "network-not-with-dhcp"),
        ),
    ],
)
def test_what_cannot_work_is_told_at_its_field(
    given: dict[str, object], told: dict[str, str]
) -> None:
    assert problems(wish(**given)) == told


@pytest.mark.req("SET-7")
def test_two_ports_are_not_of_one_network() -> None:
    assert problems(wish(), ("192.168.0.9/16",)) == {"address": "network-two-ports"}


def test_the_file_says_the_whole_of_it() -> None:
    text = network.file_text(wish(dns=("223.5.5.5", "1.1.1.1")))
    assert text.splitlines()[1:] == [
        "[Match]", "Name=eth0", "", "[Network]", "LinkLocalAddressing=ipv6", "DHCP=no",
        "Address=192.168.1.20/24", "Gateway=192.168.1.1", "DNS=223.5.5.5", "DNS=1.1.1.1",
    ]  # fmt: skip
    assert network.way_of(text) == "static"
    by_dhcp = network.file_text(
        wish(way="dhcp", address=None, prefix=None, gateway=None, dns=("1.1.1.1",))
    )
    assert network.way_of(by_dhcp) == "dhcp"
    assert "UseDNS=no" in by_dhcp


def test_a_dead_name_server_is_not_waited_for() -> None:
    assert network.resolv_conf(["1.1.1.1"]) == "options timeout:1 attempts:1\nnameserver 1.1.1.1\n"
