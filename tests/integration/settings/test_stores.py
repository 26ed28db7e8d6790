"""Settings in a real database: what is saved is read again, logged, counted; what is wrong is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from fixtures.postgres import Pg
from linebox.base.errors import InputError
from linebox.compiler.read import read
from linebox.desks.installer import seed
from linebox.features.agents import store as agents
from linebox.features.agents.model import Agent, Membership
from linebox.features.agents.service import hash_pin
from linebox.features.calendars import store as calendars
from linebox.features.calendars.model import Calendar, Day, Hours
from linebox.features.extensions import store as extensions
from linebox.features.extensions.model import Extension
from linebox.features.ivr import store as menus
from linebox.features.ivr.model import Menu, Option
from linebox.features.lines import store as trunks
from linebox.features.lines.model import Trunk
from linebox.features.music import store as music
from linebox.features.music.model import Music, Piece
from linebox.features.numbering import store as numbering
from linebox.features.numbering.model import Did, ListedNumber, NumberList
from linebox.features.prompts import readings
from linebox.features.prompts import store as prompts
from linebox.features.prompts.model import Prompt, Reading
from linebox.features.routing import store as groups
from linebox.features.routing.model import Group, Strategy
from linebox.features.settings import store as settings
from linebox.features.settings.model import Author
from linebox.model.destinations import Destination, Kind
from linebox.model.languages import Language

AUTHOR = Author("admin", "192.0.2.7")
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
GROUP_1 = Destination(kind=Kind.GROUP, target=1)


@pytest.fixture
async def db(pg: Pg) -> AsyncIterator[AsyncConnection]:
    with psycopg.connect(pg.dsn) as connection:
        assert seed.seed(connection, exchange_host="192.0.2.20") is not None
    async with await AsyncConnection.connect(pg.dsn, autocommit=True) as connection:
        yield connection


#: A store, a thing of it by its key, and the same changed.
NUMBERED: list[tuple[Any, Callable[[int], Any], dict[str, Any]]] = [
    (trunks, lambda id_: Trunk(id=id_, name="second", host="192.0.2.30"), {"port": 5070}),
    (prompts, lambda id_: Prompt(id=id_, name="p", text_zh="您好", speed=1.25), {"text_en": "Hi"}),
    (prompts, lambda id_: Prompt(id=id_, name="p", text_zh="您好"), {"voice_zh": "zm_yunxi"}),
    (
        music,
        lambda id_: Music(id=id_, name="m", pieces=(Piece(file="a" * 32, name="one"),)),
        {"pieces": (Piece(file="b" * 32, name="two"), Piece(file="a" * 32, name="one"))},
    ),
    (
        readings,
        lambda id_: Reading(id=id_, lang=Language.ZH, word="行长", reading="hang2 zhang3"),
        {"reading": "xing2 chang2"},
    ),
    (
        calendars,
        lambda id_: Calendar(
            id=id_,
            name="c",
            hours=(Hours(weekday=1, opens=time(9), closes=time(12)),),
            days=(Day(day=date(2026, 10, 1), is_open=False, name="国庆"),),
        ),
        {"days": ()},
    ),
    (
        groups,
        lambda id_: Group(id=id_, name_zh="组", name_en="group", overflow=GROUP_1),
        {"strategy": Strategy.WEIGHTED_RANDOM, "asks_rating": False},
    ),
    (
        menus,
        lambda id_: Menu(
            id=id_,
            name="m",
            prompt_id=2,
            fallback=GROUP_1,
            options=(Option(key="#", destination=Destination(kind=Kind.REPEAT)),),
        ),
        {"options": (Option(key="1", destination=GROUP_1),)},
    ),
]


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(("store", "make", "change"), NUMBERED)
async def test_row_with_an_id_is_made_changed_and_deleted(
    db: AsyncConnection, store: Any, make: Callable[[int], Any], change: dict[str, Any]
) -> None:
    before = await store.read(db)

    id_ = await store.save(db, AUTHOR, make(0))
    assert await store.one(db, id_) == make(id_)
    assert await store.read(db) == (*before, make(id_))
    await store.save(db, AUTHOR, replace(make(id_), **change))
    assert await store.one(db, id_) == replace(make(id_), **change)
    await store.delete(db, AUTHOR, id_)

    assert await store.read(db) == before
    logged = await settings.log(db, settings.Wanted(), limit=9)
    assert [(one.before is None, one.after is None) for one in logged] == [
        (False, True),
        (False, False),
        (True, False),
    ]
    assert {one.key for one in logged} == {str(id_)}
    assert (logged[0].made_by, logged[0].from_address) == ("admin", "192.0.2.7")
    for act in (store.save(db, AUTHOR, make(id_)), store.delete(db, AUTHOR, id_)):
        with pytest.raises(InputError, match="not-found"):
            await act


@pytest.mark.req("SET-3")
async def test_agent_extension_did_and_listed_number_are_saved_by_their_number(
    db: AsyncConnection,
) -> None:
    salt, hash_ = hash_pin("246810")
    agent = Agent(
        number="1009",
        name="周",
        pin_salt=salt,
        pin_hash=hash_,
        language=Language.EN,
        memberships=(Membership(group_id=1, penalty=3), Membership(group_id=2)),
    )
    phone = Extension(number="8009", name="9", secret="x" * 20)
    did = Did(
        number="95555", calendar_id=2, destination=GROUP_1, language=Language.EN, greeting_id=1
    )
    vip = ListedNumber(
        number="+8613912345678",
        list=NumberList.VIP,
        level=5,
        note="n",
        until=NOW + timedelta(days=1),
    )
    for _ in range(2):
        await agents.save(db, AUTHOR, agent)
        await extensions.save(db, AUTHOR, phone)
        await numbering.save_did(db, AUTHOR, did)
        await numbering.save_listed(db, AUTHOR, vip)

    assert await agents.one(db, "1009") == agent
    assert await extensions.one(db, "8009") == phone
    assert await numbering.did(db, "95555") == did
    assert await numbering.listed_one(db, "+8613912345678") == vip
    assert len(await settings.log(db, settings.Wanted(), limit=9)) == 4, (
        "saving again changes nothing"
    )


@pytest.mark.req("SEC-1")
async def test_log_of_settings_holds_no_secret(db: AsyncConnection) -> None:
    salt, hash_ = hash_pin("246810")
    await agents.save(db, AUTHOR, Agent(number="1009", name="周", pin_salt=salt, pin_hash=hash_))
    await extensions.save(db, AUTHOR, Extension(number="8009", secret="topsecret" * 3))

    logged = str(await settings.log(db, settings.Wanted(), limit=9))

    assert "1009" in logged and "8009" in logged
    assert not any(secret in logged for secret in (salt, hash_, "topsecret"))


@pytest.mark.req("SET-3")
async def test_version_counts_changes_and_only_changes(db: AsyncConnection) -> None:
    version = await settings.version(db)
    trunk = (await trunks.read(db))[0]
    await trunks.save(db, AUTHOR, trunk)
    assert await settings.version(db) == version

    await trunks.save(db, AUTHOR, replace(trunk, max_calls=60))
    await settings.save(db, AUTHOR, replace(await settings.company(db), name_en="Other"))
    assert await settings.version(db) == version + 2


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda db: trunks.save(db, AUTHOR, Trunk(id=0, name="Bad name", host="192.0.2.1")), "value-not-allowed"),
        (lambda db: trunks.save(db, AUTHOR, Trunk(id=0, name="x", host="carrier.example")), "value-not-allowed"),
        (lambda db: trunks.save(db, AUTHOR, Trunk(id=0, name="exchange", host="192.0.2.1")), "already-exists"),
        (lambda db: prompts.delete(db, AUTHOR, 2), "in-use"),
        (lambda db: calendars.delete(db, AUTHOR, 1), "in-use"),
        (
            lambda db: numbering.save_did(
                db, AUTHOR, Did(number="95555", calendar_id=99, destination=GROUP_1)
            ),
            "no-such-reference",
        ),
        (lambda db: extensions.save(db, AUTHOR, Extension(number="8009", secret="short")), "value-not-allowed"),
    ],
)  # fmt: skip
async def test_refusals_of_the_database_have_codes_and_leave_no_trace(
    db: AsyncConnection, act: Any, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        await act(db)

    assert caught.value.code == code
    assert await settings.log(db, settings.Wanted(), limit=9) == []


@pytest.mark.req("SET-1")
async def test_seed_fills_an_empty_box_once(pg: Pg, db: AsyncConnection) -> None:
    with psycopg.connect(pg.dsn) as connection:
        assert seed.seed(connection, exchange_host="192.0.2.20") is None
        phones = seed.phones(connection)

    snapshot = await read(db, at=NOW)

    assert [did.number for did in snapshot.dids][-1] == "4008001234" and len(snapshot.dids) == 11
    assert [agent.number for agent in snapshot.agents] == ["1001", "1002", "1003", "1004"]
    assert [phone["ext"] for phone in phones] == ["8001", "8002", "8003", "8004"]
    assert len({phone["secret"] for phone in phones}) == 4
    keys = {option.key: option.destination.kind for option in snapshot.menus[0].options}
    assert keys == {"0": Kind.REPEAT, "1": Kind.GROUP, "2": Kind.SELFSERVICE, "9": Kind.VOICEMAIL}


@pytest.mark.req("SET-1")
def test_seed_rolled_back_gives_the_same_ids_again(pg: Pg) -> None:
    with psycopg.connect(pg.dsn) as connection:
        seed.seed(connection, exchange_host="192.0.2.20")
        connection.rollback()
        seed.seed(connection, exchange_host="192.0.2.20")
    assert pg.rows("SELECT id FROM groups ORDER BY id") == [(1,), (2,)]
    assert pg.rows("SELECT id FROM menus") == [(1,)]


@pytest.mark.req("ACD-3")
async def test_snapshot_leaves_out_numbers_whose_time_is_over(db: AsyncConnection) -> None:
    for number, until in (("13700000001", NOW), ("13700000002", NOW + timedelta(seconds=1))):
        listed = ListedNumber(number=number, list=NumberList.BLACK, until=until)
        await numbering.save_listed(db, AUTHOR, listed)

    numbers = {listed.number for listed in (await read(db, at=NOW)).numbers}

    assert "13700000002" in numbers and "13700000001" not in numbers


@pytest.mark.req("SET-3")
async def test_snapshot_is_of_one_moment(pg: Pg, db: AsyncConnection) -> None:
    async with await AsyncConnection.connect(pg.dsn, autocommit=True) as other:
        original = settings.company

        async def company_then_change(connection: AsyncConnection) -> Any:
            found = await original(connection)
            await groups.save(
                other, AUTHOR, Group(id=0, name_zh="后来", name_en="later", overflow=GROUP_1)
            )
            return found

        settings.company = company_then_change  # the first thing that is read
        try:
            snapshot = await read(db, at=NOW)
        finally:
            settings.company = original
    assert [group.id for group in snapshot.groups] == [1, 2]


async def test_without_a_company_nothing_can_be_saved(pg: Pg) -> None:
    async with await AsyncConnection.connect(pg.dsn, autocommit=True) as connection:
        with pytest.raises(InputError, match="no-company"):
            await trunks.save(connection, AUTHOR, Trunk(id=0, name="x", host="192.0.2.1"))
