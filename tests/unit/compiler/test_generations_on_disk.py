"""The folder of generations: whole at every moment, nothing needed is ever deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.asterisk.reload import Part
from linebox.base.errors import ConfigError
from linebox.compiler.generation import Generation, KeptBody
from linebox.compiler.generations import Generations, Switching

AT = datetime(2026, 11, 22, tzinfo=UTC)


def generation(
    number: int, hash_: str, *, kept: tuple[KeptBody, ...] = (), **files: str
) -> Generation:
    return Generation(
        number=number,
        hash=hash_,
        files={
            f"body-{hash_}.conf": f"[lb-{hash_}]",
            "own-queues.conf": "[g1]",
            **{f"{name}.conf": text for name, text in files.items()},
            **{f"kept/{old.hash}/body.conf": old.body for old in kept},
            **{f"kept/{old.hash}/queues.conf": old.queues for old in kept},
        },
        contexts=("from-trunk", f"lb-{hash_}"),
        queues={"g1": "ringall"},
        endpoints=("8001",),
        staff=(),
        kept={old.number: old.hash for old in kept},
        required_sounds=(),
        routes=(),
        dangling=(),
        groups=(),
        agents=(),
        trunks=(),
    )


@pytest.fixture
def on_disk(tmp_path: Path) -> Generations:
    return Generations(tmp_path)


def made(on_disk: Generations, number: int, hash_: str, **more: str) -> None:
    on_disk.write(generation(number, hash_, **more), made_at=AT)


@pytest.mark.req("SET-3")
def test_what_is_written_is_read_again(on_disk: Generations) -> None:
    made(on_disk, 1, "aaa")
    on_disk.point_to(1)

    assert on_disk.current() == 1
    expected = on_disk.manifest(1).expected
    assert expected.contexts == {"from-trunk", "lb-aaa"}
    assert expected.queues == {"g1": "ringall"}


def test_before_the_first_there_is_none(on_disk: Generations) -> None:
    assert (on_disk.current(), on_disk.numbers(), on_disk.switching()) == (0, [], None)
    assert on_disk.bodies(None) == []


def test_half_written_folder_is_no_generation_and_is_cleared(
    on_disk: Generations, tmp_path: Path
) -> None:
    (tmp_path / "gen-3.part").mkdir()

    assert on_disk.numbers() == []
    on_disk.clear_away()
    assert list(tmp_path.iterdir()) == []


def test_writing_again_replaces_what_a_killed_builder_left(on_disk: Generations) -> None:
    made(on_disk, 1, "aaa", rest="old")
    made(on_disk, 1, "bbb")

    assert on_disk.manifest(1).hash == "bbb"
    assert not (on_disk.folder(1) / "rest.conf").exists()


@pytest.mark.req("SET-3")
def test_damaged_manifest_is_told(on_disk: Generations) -> None:
    made(on_disk, 1, "aaa")
    (on_disk.folder(1) / "manifest.json").write_text('{"number": 1')

    with pytest.raises(ConfigError) as caught:
        on_disk.manifest(1)
    assert caught.value.code == "generation-damaged"


@pytest.mark.req("SET-3")
def test_next_generation_keeps_the_current_and_those_still_borne(on_disk: Generations) -> None:
    kept = tuple(
        KeptBody(number=n, hash=h, body=f"[lb-{h}]", queues="") for n, h in ((1, "aaa"), (2, "bbb"))
    )
    on_disk.write(generation(3, "ccc", kept=kept), made_at=AT)
    on_disk.point_to(3)

    assert [body.hash for body in on_disk.bodies(frozenset({"aaa"}))] == ["ccc", "aaa"]
    assert [body.hash for body in on_disk.bodies(frozenset())] == ["ccc"]
    assert [body.hash for body in on_disk.bodies(None)] == ["ccc", "bbb", "aaa"]


@pytest.mark.req("SET-3")
def test_only_what_differs_is_reloaded(on_disk: Generations) -> None:
    made(on_disk, 1, "aaa", pjsip="x", musiconhold="m", extensions="1")
    made(on_disk, 2, "aaa", pjsip="x", musiconhold="m", extensions="2")
    made(on_disk, 3, "bbb", pjsip="y", musiconhold="m", extensions="3")

    assert on_disk.differing(1, 2) == {Part.DIALPLAN}
    assert on_disk.differing(2, 3) == {Part.DIALPLAN, Part.TELEPHONES}
    assert on_disk.differing(0, 1) == set(Part)


def test_note_of_a_switch_lasts_until_it_is_settled(on_disk: Generations) -> None:
    on_disk.announce(Switching(old=1, new=2))
    assert on_disk.switching() == Switching(old=1, new=2)

    on_disk.settled()
    on_disk.settled()
    assert on_disk.switching() is None


@pytest.mark.req("SET-3")
def test_clearing_spares_the_current_the_last_five_and_a_switch_under_way(
    on_disk: Generations,
) -> None:
    for number in range(1, 11):
        made(on_disk, number, "abc")
    on_disk.point_to(2)
    on_disk.announce(Switching(old=2, new=4))

    on_disk.clear_away()

    assert on_disk.numbers() == [2, 4, 6, 7, 8, 9, 10]


def test_sound_is_mentioned_by_any_generation_on_disk(on_disk: Generations) -> None:
    made(on_disk, 1, "aaa", extensions="Playback(owner/3-0123)")

    assert on_disk.mentions("owner/3-0123")
    assert not on_disk.mentions("owner/4-0123")
