"""The database at this version; at the first boot also settings, setup code and generation 1.

Run by ``linebox-migrate.service`` as root at each boot, before the daemons and beside Asterisk,
which doesn't wait for it once there is a generation. Every step looks first whether it is done, so
it may be killed anywhere and run again.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import psycopg

from linebox.base import log as logs
from linebox.base.files import write_whole
from linebox.config.paths import Paths, paths
from linebox.desks.installer import seed
from linebox.features.accounts import secrets
from linebox.store import migrate

log = logging.getLogger(__name__)

_SOCKET = "host=/run/postgresql user=postgres connect_timeout=30"
_MEMBERS = ("linebox-calld", "linebox-webd", "linebox-confd")


def prepare_roles(connection: psycopg.Connection) -> None:
    """Roles as docs/names.md lists them; rights of ``asterisk`` come by migrations."""
    connection.execute("SELECT pg_advisory_lock(7355608)")
    there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    for name in ("linebox", "asterisk", *_MEMBERS):
        if name not in there:
            connection.execute(
                psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(psycopg.sql.Identifier(name))
            )
    for name in _MEMBERS:
        connection.execute(
            psycopg.sql.SQL("GRANT linebox TO {}").format(psycopg.sql.Identifier(name))
        )
    # calld stores its read position with what it read: a power cut takes both or none.
    connection.execute('ALTER ROLE "linebox-calld" SET synchronous_commit = off')
    connection.execute("ALTER ROLE asterisk SET statement_timeout = '600ms'")
    exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'linebox'").fetchone()
    if exists is None:
        connection.execute("CREATE DATABASE linebox OWNER linebox")
        connection.execute("REVOKE ALL ON DATABASE linebox FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE linebox TO asterisk")
    connection.execute("SELECT pg_advisory_unlock(7355608)")


def make_setup_code(at: Paths) -> None:
    """The one-time code printed for the installer; webd knows only its hash (SEC-2)."""
    hashed = at.vault / "setup-code.scrypt"
    if hashed.exists():
        return
    code = secrets.new_code()
    write_whole(at.vault / "setup-code", code + "\n", mode=0o600)
    write_whole(hashed, secrets.hash_password(code) + "\n", mode=0o600)
    # It has its credentials from its start, which may have been before this, if we failed first.
    subprocess.run(["systemctl", "--no-block", "try-restart", "linebox-webd.service"], check=False)


def seed_settings(at: Paths, connection: psycopg.Connection) -> None:
    """Factory settings into an empty database. Practice PINs and one-time passwords are told once,
    to root only: the exchange's telephones need the former, people the latter."""
    if connection.execute("SELECT 1 FROM company").fetchone() is not None:
        return
    practice = seed.seed(
        connection, exchange_host=os.environ.get("LINEBOX_EXCHANGE", _exchange_address())
    )
    if practice is None:
        return
    for name, told in (
        ("practice.json", {"phones": practice["phones"]}),
        ("people.json", {"people": practice["people"]}),
    ):
        write_whole(at.vault / name, json.dumps(told, ensure_ascii=False, indent=1), mode=0o600)
    connection.commit()


def _exchange_address() -> str:
    """The training exchange stands at .20 of the box's own network (DIA-6)."""
    out = subprocess.run(
        ["ip", "-o", "-4", "address", "show", "scope", "global"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    own = next((word for word in out if "/" in word), "127.0.0.1/8").partition("/")[0]
    return own.rpartition(".")[0] + ".20"


def first_generation(at: Paths) -> None:
    """Compile generation 1 without Asterisk, so that it has something to start with."""
    if (at.generations / "current/manifest.json").exists():
        return
    subprocess.run(
        [sys.executable, "-m", "linebox.daemons.confd", "--first"],
        check=True,
        user="linebox-confd",
        group="linebox",
        extra_groups=[],
    )


def main() -> int:
    logs.setup()
    at = paths()
    with psycopg.connect(f"dbname=postgres {_SOCKET}", autocommit=True) as connection:
        prepare_roles(connection)
    with psycopg.connect(f"dbname=linebox {_SOCKET}") as connection:
        connection.execute("SET ROLE linebox")
        connection.commit()
        migrate.migrate(connection)
        make_setup_code(at)
        seed_settings(at, connection)
    try:
        first_generation(at)
    except subprocess.CalledProcessError:
        return 1  # confd has said why; systemd tries again
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
