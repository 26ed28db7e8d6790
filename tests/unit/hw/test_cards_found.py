"""Which card, which span, which port: from the trees of real drivers (TEL-1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.sysfs import CARDS, Machine, e1
from linebox.hw.board import Driver, LocalSpan, Phones
from linebox.hw.cards import BusIds, known, table, telephonic
from linebox.hw.compiled import Compiled
from linebox.hw.protocols import Bus, Card, PortType, SpanType
from linebox.hw.real.dahdi import DahdiTelephony

PHONES = Phones(driver=Driver.DAHDI)


def look(root: Path, *words: str, old_names: bool = False, phones: Phones = PHONES) -> list[Card]:
    """The cards, their spans numbered, by key."""
    machine = Machine(root, old_names=old_names)
    machine.plug(*(CARDS[word] for word in words))
    telephony = DahdiTelephony(root, machine, phones)
    assert not telephony.assign(Compiled())
    return sorted(telephony.look(), key=lambda one: one.key)


def sockets(card: Card) -> list[str]:
    """Each span's kind, and its ports' as ``fxo:8``."""
    told = []
    for span in card.spans:
        kinds = [port.kind for port in span.ports]
        counts = "+".join(f"{kind}:{kinds.count(kind)}" for kind in PortType if kind in kinds)
        told.append(f"{span.kind} {counts}")
    return told


@pytest.mark.req("TEL-1")
@pytest.mark.parametrize("old_names", [False, True], ids=["new names", "old names"])
@pytest.mark.parametrize(
    ("word", "kind", "key", "spans"),
    [
        ("tdm400p", "tdm400p", "@PCI_Bus_00_Slot_10", ["mixed fxo:2+fxs:1"]),
        ("a8b", "a8b", "1A8B2150002", ["mixed fxo:4+fxs:4"]),
        ("tdm2400", "tdm2400", "@PCI_Bus_00_Slot_04", ["mixed fxo:12+fxs:12"]),
        ("te131", "te131", "1TE133F1234567", ["e1 bearer:30+signalling:1"]),
        ("te435", "te435", "1TE435F7654321", ["e1 bearer:30+signalling:1"] * 4),
        ("te236", "te436", "1TE236F1111111", ["e1 bearer:30+signalling:1"] * 2),
        ("te420", "te420", "@Board_ID_Switch_1", ["e1 bearer:30+signalling:1"] * 4),
        ("a1200p", "a1200p", "@PCI_Bus_00_Slot_11", ["mixed fxo:8+fxs:4"]),
        (
            "astribank", "astribank", "usb:X1054321",
            ["fxs fxs:8", "fxo fxo:8", "e1 bearer:30+signalling:1"],
        ),
    ],
)  # fmt: skip
def test_a_real_card_is_known_with_its_sockets(
    tmp_path: Path, word: str, kind: str, key: str, spans: list[str], old_names: bool
) -> None:
    (card,) = look(tmp_path, word, old_names=old_names)
    assert (card.kind, card.key, card.known, card.present) == (kind, key, True, True)
    assert sockets(card) == spans
    assert card.driver == CARDS[word].driver
    assert card.zh
    assert card.en
    assert card.bus is (Bus.USB if word == "astribank" else Bus.PCI)


@pytest.mark.req("TEL-1")
def test_an_empty_socket_keeps_its_neighbours_places(tmp_path: Path) -> None:
    (card,) = look(tmp_path, "tdm400p")
    (span,) = card.spans
    assert [port.key for port in span.ports] == [f"{span.key}/{n}" for n in (1, 2, 4)]
    assert [port.channel for port in span.ports] == [1, 2, 4]


@pytest.mark.req("TEL-1")
def test_unknown_telephone_cards_are_told_with_their_ids(tmp_path: Path) -> None:
    found = {card.key: card for card in look(tmp_path, "strange", "sangoma", "network-card")}
    assert set(found) == {"@pci-0000:00:0c.0", "@pci-0000:00:0d.0"}  # and no network card
    strange = found["@pci-0000:00:0c.0"]
    assert (strange.known, strange.kind, strange.ids) == (
        False,
        "unknown",
        "e159:0001/4321:0001",
    )
    sangoma = found["@pci-0000:00:0d.0"]
    assert (sangoma.known, sangoma.kind, sangoma.spans) == (True, "sangoma", ())
    assert "wanpipe" in sangoma.en


@pytest.mark.req("TEL-1")
def test_a_card_that_a_driver_took_works_though_no_row_knows_it(tmp_path: Path) -> None:
    """wctdm takes any TigerJet chip: the lines are there, and that the card is strange is told."""
    machine = Machine(tmp_path)
    clone = CARDS["tdm400p"]
    shape = type(clone)(**{**vars(clone), "ids": ("e159", "0001", "4321", "0001")})
    machine.plug(shape)
    telephony = DahdiTelephony(tmp_path, machine, PHONES)
    telephony.assign(Compiled())
    (card,) = telephony.look()
    assert (card.known, card.kind, card.en) == (False, "unknown", "Wildcard TDM400P REV E/F")
    assert card.ids == "e159:0001/4321:0001"
    assert len(card.spans[0].ports) == 3


def test_local_spans_are_what_the_board_says(tmp_path: Path) -> None:
    phones = Phones(
        driver=Driver.DAHDI,
        ignore=("DYN/loc/*:1",),
        local=(LocalSpan(hardware_id="DYN/loc/3:0", kind=SpanType.FXO),),
    )
    (card,) = look(tmp_path, "local", "far", phones=phones)
    assert (card.key, card.bus, card.kind) == ("DYN/loc/3:0", Bus.LOCAL, "local")
    assert sockets(card) == ["fxo fxo:4"]


def test_two_alike_cards_are_told_apart_by_their_slots(tmp_path: Path) -> None:
    first = CARDS["tdm400p"]
    second = type(first)(
        **{**vars(first), "place": "0000:00:0b.0", "location": "PCI Bus 00 Slot 12"}
    )
    machine = Machine(tmp_path)
    machine.plug(first, second)
    telephony = DahdiTelephony(tmp_path, machine, PHONES)
    telephony.assign(Compiled())
    spans = [card.spans[0] for card in telephony.look()]
    assert {span.key for span in spans} == {"@PCI_Bus_00_Slot_10/1", "@PCI_Bus_00_Slot_12/1"}
    assert {span.number for span in spans} == {1, 2}
    channels = [port.channel for span in spans for port in span.ports]
    assert len(set(channels)) == len(channels)


def test_no_id_stands_in_two_rows() -> None:
    """A card must not be two kinds; the table's reader would keep the last."""
    import tomllib
    from importlib import resources

    said = tomllib.loads(resources.files("linebox.hw").joinpath("cards.toml").read_text("utf-8"))
    ids = [one for row in said["card"].values() for one in row.get("ids", ())]
    assert len(ids) == len(set(ids)) == len(table().by_ids)


def test_the_subsystem_decides_before_the_chip() -> None:
    assert (card := known(BusIds(vendor="e159", device="0001", sub_vendor="9100")))
    assert card.kind == "a1200p"
    assert known(BusIds(vendor="e159", device="0001", sub_vendor="4321")) is None
    assert telephonic(BusIds(vendor="e159", device="0001", sub_vendor="4321"))
    assert not telephonic(BusIds(vendor="8086", device="100e", class_="0200"))
    assert telephonic(BusIds(vendor="abcd", device="0001", class_="0204"))


def test_a_tree_without_cards_is_no_error(tmp_path: Path) -> None:
    assert DahdiTelephony(tmp_path, Machine(tmp_path), PHONES).look() == ()
    assert e1("X").channels[15][0] == "X/16"


@pytest.mark.req("TEL-1")
def test_a_device_that_comes_or_goes_is_no_other_card(tmp_path: Path) -> None:
    """Its driver lets it go: still on the bus, its attributes gone, its name no key of its own."""
    machine = Machine(tmp_path)
    machine.plug(CARDS["local"])
    telephony = DahdiTelephony(tmp_path, machine, PHONES)
    telephony.assign(Compiled())
    assert [card.key for card in telephony.look()] == ["DYN/loc/3:0"]
    (device,) = (tmp_path / "sys/bus/dahdi_devices/devices").iterdir()
    for attribute in device.resolve().iterdir():
        if attribute.is_file():
            attribute.unlink()
    telephony.woken()
    assert telephony.look() == ()
