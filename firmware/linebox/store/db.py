"""Connections to the one database, by psycopg 3."""

from __future__ import annotations

import os

import psycopg
from psycopg import AsyncConnection, Connection

from linebox.base.errors import Unavailable

#: What every connection of ours says first. The limits keep a wedged query from holding a daemon.
_OPTIONS = (
    "-c statement_timeout=10000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=15000"
)


def dsn() -> str:
    """The connection string: ``LINEBOX_DB`` or the box's own database by its Unix socket (peer)."""
    return os.environ.get("LINEBOX_DB", "dbname=linebox host=/run/postgresql connect_timeout=3")


def connect(*, autocommit: bool = False) -> Connection:
    """A blocking connection, for short-lived processes. Raises ``Unavailable("database-away")``."""
    try:
        return psycopg.connect(dsn(), autocommit=autocommit, options=_OPTIONS)
    except psycopg.OperationalError as error:
        raise Unavailable("database-away", reason=str(error).strip()) from error


async def connect_async(*, autocommit: bool = False) -> AsyncConnection:
    """A connection for daemons. Raises ``Unavailable("database-away")`` when PostgreSQL is gone."""
    try:
        return await AsyncConnection.connect(dsn(), autocommit=autocommit, options=_OPTIONS)
    except psycopg.OperationalError as error:
        raise Unavailable("database-away", reason=str(error).strip()) from error
