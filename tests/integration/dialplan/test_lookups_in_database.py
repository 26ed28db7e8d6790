"""What a call may ask of the database, and that it may do nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

pytestmark = pytest.mark.req("IVR-3")


@pytest.fixture
def asked(pg: object) -> Iterator[psycopg.Connection]:
    """A connection as role asterisk; two orders and a VIP are there."""
    with psycopg.connect(os.environ["LINEBOX_DB"]) as connection:
        connection.execute(
            "INSERT INTO orders VALUES ('A12', '13900001111', 'new', '2026-11-20', 123456),"
            " ('B7', '13900001111', 'shipped', '2026-11-21', 5)"
        )
        connection.execute(
            "INSERT INTO number_lists (number, list, level, until) VALUES ('13900001111', 'vip', 7, NULL),"
            " ('13900002222', 'vip', 3, '2020-01-01'), ('13900003333', 'black', 1, NULL)"
        )
        connection.execute("SET ROLE asterisk")
        yield connection
        connection.rollback()


def one(connection: psycopg.Connection, function: str, caller: str) -> str:
    row = connection.execute(f"SELECT ast.{function}(%s)", (caller,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    "caller", ["13900001111", "013900001111", "+8613900001111", "008613900001111"]
)
def test_latest_order_of_a_caller_however_delivered(asked: psycopg.Connection, caller: str) -> None:
    assert one(asked, "order_state", caller) == "B7|shipped|20261121|5"


@pytest.mark.parametrize("caller", ["1", "10086", "", "'; DROP TABLE orders; --"])
def test_unknown_caller_has_nothing(asked: psycopg.Connection, caller: str) -> None:
    assert one(asked, "order_state", caller) == one(asked, "caller_level", caller) == ""


def test_level_is_that_of_a_vip_not_yet_over(asked: psycopg.Connection) -> None:
    assert one(asked, "caller_level", "13900001111") == "7"
    assert one(asked, "caller_level", "13900002222") == ""
    assert one(asked, "caller_level", "13900003333") == ""


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("table", ["orders", "number_lists", "agents", "extensions", "calls"])
def test_role_asterisk_reads_no_table(asked: psycopg.Connection, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        asked.execute(f"SELECT * FROM {table}")
