"""Addresses, customers, voices: what the exchange is made of."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import numpy as np
import pytest

from fixtures import tones
from linebox_exchange import customers, numbers, phones, prepare, voices

pytestmark = pytest.mark.req("DIA-6")

HERE = Path(__file__).parents[3] / "exchange"
#: Last two digits with a behaviour of their own in extensions.conf.
ODD = {"01", "17", "19", "20", "21", "34", "60", "70", "80", "81"}


def test_addresses_follow_from_the_own_one() -> None:
    found = prepare.derived(ipaddress.IPv4Interface("10.88.0.20/24"))
    assert (found.trunk, found.phones, found.box) == ("10.88.0.20", "10.88.0.21", "10.88.0.10")


def test_hundreds_of_customers_each_with_a_number_of_their_own() -> None:
    public = customers.read(HERE / "customers.toml")
    found = {customer.number for customer in public.customers}
    assert len(found) == len(public.customers) >= 300
    assert public.main == "4008001234"
    assert len(set(public.dids)) == 10
    mobile = [number for number in found if number.startswith("1")]
    assert all(len(number) == 11 for number in mobile)
    assert {number[:4] for number in found} >= {"0571", "0755"}


def test_customer_called_back_mostly_talks() -> None:
    public = customers.read(HERE / "customers.toml")
    odd = [each for each in public.customers if each.number[-2:] in ODD]
    assert len(odd) < len(public.customers) / 5


def test_no_two_voices_share_a_tone() -> None:
    all_tones = [numbers.customer_tone_hz(n) for n in range(numbers.CUSTOMER_VOICES)]
    all_tones += [numbers.agent_tone_hz(n) for n in range(numbers.AGENT_VOICES)]
    assert len(set(all_tones)) == len(all_tones)
    assert min(all_tones) > 2110
    assert max(all_tones) < 3400


def test_phone_is_known_by_its_port() -> None:
    phone = phones.Phone(ext="8001", secret="s", slot=4)
    conf = phones.conf(phones.Phones(registrar="10.0.0.10", phones=(phone,)), "10.0.0.21")
    assert "match_request_uri=/@10\\.0\\.0\\.21:5105/" in conf
    assert "transport=phone-4" in conf


def test_phones_survive_a_restart(tmp_path: Path) -> None:
    wanted = phones.Phones(
        registrar="10.0.0.10", phones=(phones.Phone(ext="8001", secret="s", slot=0, talk_s=None),)
    )
    phones.save(tmp_path / "phones.json", phones.as_text(wanted))
    assert phones.load(tmp_path / "phones.json") == wanted
    assert (tmp_path / "phones.json").stat().st_mode & 0o077 == 0


def test_voice_repeats_without_a_break_and_is_known_by_its_tone() -> None:
    words = 0.3 * np.sin(2 * np.pi * 300 * np.arange(12345) / voices.RATE_HZ)
    sound = np.tile(voices.with_tone(words, 2700), 2).astype(np.float64) / 32768
    assert len(sound) % voices.RATE_HZ == 0
    assert all(tones.heard_seconds(sound, 2700))
    assert not any(tones.heard_seconds(sound, 2705))


def test_alaw_is_g711() -> None:
    # ITU-T G.711 table 1a: silence, smallest and largest of both signs.
    samples = np.array([0, -1, 32767, -32768, 1000, -1000], dtype=np.int16)
    assert voices.alaw(samples) == bytes([0xD5, 0x55, 0xAA, 0x2A, 0xFA, 0x7A])
