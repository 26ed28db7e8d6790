"""All settings go out as one file and come in again (SET-3)."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.house import House
from fixtures.postgres import Pg
from fixtures.webd import Client
from linebox.base import clock
from linebox.compiler.build import build
from linebox.compiler.read import read
from linebox.desks.settings import document
from linebox.desks.settings.kinds import KINDS
from linebox.features.settings.drafts import carry_out
from linebox.features.settings.model import Author


async def exported(pages: Client) -> str:
    answer = await pages.get("/api/settings/export?language=zh")
    assert answer.status == 200
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


async def imported(pages: Client, text: str, **fields: object) -> dict[str, Any]:
    answer = await pages.post("/api/settings/import", {"text": text, **fields})
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


@pytest.mark.req("SET-3")
async def test_what_went_out_changes_nothing_when_it_comes_in(house: House, pages: Client) -> None:
    text = await exported(pages)

    told = await imported(pages, text)

    assert told["problems"] == []
    assert (told["count"], told["changes"]) == (0, [])
    assert text.startswith("# Linebox 的全部设置。\n")
    for (secret,) in house.pg.rows(
        "SELECT secret FROM extensions UNION SELECT pin_hash FROM agents UNION"
        " SELECT pin_salt FROM agents"
    ):
        assert secret not in text


@pytest.mark.req("SET-3")
async def test_a_changed_file_is_told_and_then_applied(house: House, pages: Client) -> None:
    text = await exported(pages)
    new = (
        text.replace("ring_s: 20", "ring_s: 25", 1)
        .replace("extensions:\n", "extensions:\n- {number: 8011, name: 前台}\n")
        .replace("agents:\n", "agents:\n- {number: 1011, name: 前台, language: zh}\n")
        .replace("- {number: '8004'", "# - {number: '8004'")
    )

    dry = await imported(pages, new)

    assert dry["problems"] == []
    told = {(one["what"], one["key"]): one for one in dry["changes"]}
    assert set(told) == {
        ("group", "1"),
        ("extension", "8011"),
        ("extension", "8004"),
        ("agent", "1011"),
    }
    assert told["group", "1"]["before"]["ring_s"] == 20
    assert told["group", "1"]["after"]["ring_s"] == 25
    assert told["extension", "8011"]["before"] is None
    assert told["extension", "8004"]["after"] is None
    assert dry["preview"]["problems"] == []
    assert house.loaded() == 1

    done = await imported(pages, new, dry=False, seen=dry["seen"])

    assert done["applied"]["generation"] == 2
    made = {one["key"]: one["told"] for one in done["applied"]["made"]}
    assert set(made["8011"]) == {"secret"}
    assert set(made["1011"]) == {"pin", "password"}
    assert (await imported(pages, new))["count"] == 0
    refused = await pages.post(
        "/api/settings/import", {"text": text, "dry": False, "seen": dry["seen"]}
    )
    assert (refused.status, refused.code) == (412, "changed-by-other")


@pytest.mark.req("SET-3")
async def test_every_fault_of_a_file_is_told_with_its_line(desk: Client) -> None:
    text = (
        "linebox: 1\n"
        "nonsense: []\n"
        "groups:\n"
        "- id: 1\n"
        "  name_zh: 客服\n"
        "  name_en: Service\n"
        "  ring_s: 1\n"
        "  overflow: {kind: nowhere, target: 0}\n"
        "- {name_zh: 没有号}\n"
        "extensions:\n"
        "- {number: '8001', name: a}\n"
        "- {number: '8001', name: b}\n"
        "- {number: '8002', colour: red}\n"
    )

    told = await imported(desk, text)

    faults = {(one["line"], one["path"], one["code"]) for one in told["problems"]}
    assert faults == {
        (2, "nonsense", "file-section"),
        (7, "groups.0.ring_s", "too-small"),
        (8, "groups.0.overflow.kind", "not-a-choice"),
        (9, "groups.1.id", "missing"),
        (12, "extensions.1.number", "given-twice"),
        (13, "extensions.2.colour", "unknown-field"),
    }


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("groups: [\n", 2, "file-not-yaml"),
        ("a: &x [1]\nb: *x\n", 1, "file-alias"),
        ("- 1\n", 1, "wrong-type"),
        ("linebox: 7\n", 1, "file-version"),
        ("company: 3\n", 1, "wrong-type"),
        ("groups: {}\n", 1, "wrong-type"),
        ("groups: [[1]]\n", 1, "wrong-type"),
        ("[" * 5000, None, "file-not-yaml"),
    ],
)
async def test_what_is_no_file_of_settings_is_refused(
    desk: Client, text: str, line: int | None, code: str
) -> None:
    told = await imported(desk, text)

    assert [one["code"] for one in told["problems"]] == [code]
    if line is not None:
        assert told["problems"][0]["line"] == line


@pytest.mark.req("SET-3")
async def test_an_empty_box_becomes_the_same_generation(seeded: Pg, desk: Client) -> None:
    text = await exported(desk)
    connection = await seeded.connect_async()
    try:
        there = build(await read(connection, at=clock.now()), number=1).hash
        secrets = await (
            await connection.execute("SELECT number, secret FROM extensions")
        ).fetchall()
        pins = await (
            await connection.execute("SELECT number, pin_salt, pin_hash FROM agents")
        ).fetchall()
        await connection.execute(
            "TRUNCATE trunks, prompts, calendars, extensions, agents, groups, menus, dids,"
            " number_lists, setting_ids CASCADE"
        )
        await connection.execute(
            "INSERT INTO setting_ids SELECT unnest(ARRAY['trunks', 'prompts', 'calendars',"
            " 'groups', 'menus'])"
        )
        await connection.execute("UPDATE company SET name_zh = 'x', time_zone = 'UTC'")

        plans = document.read(await document.states(connection), text)
        assert not plans.faults
        await carry_out(connection, Author("test"), [one.change for one in plans.plans], KINDS)

        for number, secret in secrets:
            await connection.execute(
                "UPDATE extensions SET secret = %s WHERE number = %s", (secret, number)
            )
        for number, salt, hash_ in pins:
            await connection.execute(
                "UPDATE agents SET pin_salt = %s, pin_hash = %s WHERE number = %s",
                (salt, hash_, number),
            )
        await connection.commit()
        assert build(await read(connection, at=clock.now()), number=1).hash == there
    finally:
        await connection.close()
