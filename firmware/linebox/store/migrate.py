"""Bring the database to the version of this software: numbered SQL files, each once, in order.

Run by ``linebox-migrate.service`` as the database's owner before the daemons. Changes expand first;
what they replace is taken away two releases later, so that the other A/B slot still runs.
"""

from __future__ import annotations

import hashlib
import logging
import re
from importlib import resources

from psycopg import Connection

from linebox.base.errors import ConfigError

log = logging.getLogger(__name__)

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


def files() -> list[tuple[int, str, str]]:
    """All migrations: number, name, text; sorted. Raises ``ConfigError`` when two share a number.

    A number may be missing: pieces built side by side reserve theirs in docs/names.md.
    """
    found: list[tuple[int, str, str]] = []
    for entry in resources.files("linebox.store").joinpath("migrations").iterdir():
        if match := _NAME.fullmatch(entry.name):
            found.append((int(match[1]), entry.name, entry.read_text("utf-8")))
    found.sort()
    if len({number for number, _, _ in found}) != len(found):
        raise ConfigError("migrations-not-in-sequence", files=[name for _, name, _ in found])
    return found


def migrate(connection: Connection) -> list[str]:
    """Run what is missing, each file in a transaction of its own; returns the names run.

    Raises ``ConfigError("migration-changed")`` when a file differs from what was run: history is
    never edited, a new file says what changes.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7355608)")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL,"
            " sha256 text NOT NULL, run_at timestamptz NOT NULL DEFAULT now())"
        )
    found = connection.execute("SELECT number, sha256 FROM migrations").fetchall()
    done: dict[int, str] = dict(found)
    run: list[str] = []
    for number, name, text in files():
        digest = hashlib.sha256(text.encode()).hexdigest()
        if number in done:
            if done[number] != digest:
                raise ConfigError("migration-changed", file=name)
            continue
        with connection.transaction():
            connection.execute(text.encode())  # a file of ours, not a user's text
            connection.execute(
                "INSERT INTO migrations (number, name, sha256) VALUES (%s, %s, %s)",
                (number, name, digest),
            )
        log.info("migrated %s", name)
        run.append(name)
    return run
