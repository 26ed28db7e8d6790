"""``linebox``: the box's own command, for people at its console and for scripts.

What goes wrong is said in Chinese and English on stderr, with status 1; the rest is JSON or lines.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import ipaddress
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from linebox.base import clock
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.messages import told_error
from linebox.compiler.read import read
from linebox.config.paths import paths
from linebox.daemons import _update, _update_stick
from linebox.desks.installer import seed
from linebox.features.accounts import factors_store
from linebox.features.accounts import store as accounts
from linebox.features.accounts.model import OWNER
from linebox.features.accounts.secrets import hash_password, new_code, verify
from linebox.features.agents.calld import Calld
from linebox.features.audit.model import Entry
from linebox.features.audit.service import Audit
from linebox.features.audit.spool import leave
from linebox.features.guard import sets
from linebox.features.lines import boardd as lines
from linebox.features.lines import freed
from linebox.features.lines import lab_words as line_tests
from linebox.features.settings import generations, store
from linebox.features.settings.confd import Confd
from linebox.features.settings.service import plain
from linebox.features.upgrade.model import table
from linebox.store import db, migrate
from linebox.store.pool import Database


def apply(words: argparse.Namespace) -> None:
    """Bring the saved settings into effect."""
    by = os.environ.get("SUDO_USER") or getpass.getuser()
    confd = Confd(paths().socket("confd"))
    done = asyncio.run(confd.apply(by=by, note=words.note, force=words.force))
    said = "is current" if done.changed else "was current already"
    print(f"generation {done.generation} {said} ({done.seconds:.2f} s)")


def list_generations(words: argparse.Namespace) -> None:
    """The newest generations and what became of them."""

    async def ask() -> tuple[Sequence[dict[str, object]], int]:
        async with await db.connect_async() as connection:
            rows = await generations.read(connection, before=None, limit=words.limit)
            unapplied, _ = await store.unapplied(connection, limit=0)
            return rows, unapplied

    rows, unapplied = asyncio.run(ask())
    for row in rows:
        error = row["error"]
        why = f"  {error['zh']} {error['en']}" if isinstance(error, dict) else ""
        print(f"{row['number']:>5} {row['hash']:10} {row['state']:12} {row['made_by']}{why}")
    if unapplied:
        print(f"{unapplied} changes are saved and not applied")


def show_settings(_words: argparse.Namespace) -> None:
    """All settings as JSON, without secrets."""

    async def ask() -> object:
        async with await db.connect_async(autocommit=True) as connection:
            return plain(await read(connection, at=clock.now()))

    print(_json(asyncio.run(ask())))


def list_phones(_words: argparse.Namespace) -> None:
    """Every extension with its secret: for root, who may read the database's files anyway."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    with db.connect() as connection:
        print(_json(seed.phones(connection)))


def list_people(_words: argparse.Namespace) -> None:
    """Who may log in; beside it the one-time password where one still waits (root only)."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    try:
        told = json.loads((paths().secrets / "people.json").read_text("utf-8"))["people"]
    except FileNotFoundError:
        told = []
    first = {one["login"]: one["one_time_password"] for one in told}
    with db.connect() as connection:
        for one in accounts.everybody(connection):
            code = first.get(one.login, "")
            waits = one.must_change and verify(code, one.password or "")
            state = "disabled" if one.disabled else f"one-time password {code}" if waits else ""
            print(f"{one.login:<12} {one.role:<14} {one.name:<12} {state}".rstrip())


def reset_person(words: argparse.Namespace) -> None:
    """Give somebody a new one-time password; their sessions end."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    if words.login == OWNER.login:
        code = _reset_owner()
        _told("one_time_password", words.login)
        print(code)
        return
    code = new_code()
    with db.connect() as connection:
        if not accounts.reset(connection, words.login, hash_password(code)):
            raise InputError("not-found")
    _told("one_time_password", words.login)
    print(code)


def drop_factors(words: argparse.Namespace) -> None:
    """Take the second factors of somebody away, who lost the telephone."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    if words.login == OWNER.login:
        (paths().own("webd") / "owner-factors.json").unlink(missing_ok=True)
    else:
        with db.connect() as connection:
            if not factors_store.drop_all(connection, words.login):
                raise InputError("not-found")
    _told("factors_dropped", words.login)


def verify_audit(_words: argparse.Namespace) -> None:
    """Hold every row of the audit against its chain; status 1 when one is wrong."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    at = paths()
    look = asyncio.run(Audit(at.secrets, at.own("webd"), Database()).look())
    for one in look.faults:
        print(f"{one.kind}: {one.n}" + ("" if one.n == one.last else f"-{one.last}"))
    if look.faults:
        raise InputError("audit-broken", subject=str(look.faults[0].n), count=len(look.faults))
    print(f"{look.rows} rows hold")


def _told(what: str, subject: str) -> None:
    """The audit learns of it from webd, which may be down."""
    by = os.environ.get("SUDO_USER") or getpass.getuser()
    entry = Entry(
        id=secrets.token_hex(12), at=clock.now(), who=by, what=what, subject=subject, address="tty"
    )
    try:
        leave(paths().own("webd"), entry)
    except OSError as error:
        print(f"[audit] {error}", file=sys.stderr)


def _reset_owner() -> str:
    """The owner's password goes; the answer is the setup code, good for choosing another."""
    (paths().own("webd") / "owner.scrypt").unlink(missing_ok=True)
    with db.connect() as connection:
        accounts.end_owners_sessions(connection)
    return (paths().vault / "setup-code").read_text("ascii").strip()


def list_banned(_words: argparse.Namespace) -> None:
    """Who is kept out of the box, and for how many seconds yet."""
    for address, left_s in asyncio.run(sets.read()).banned.items():
        print(f"{address!s:<39} {left_s:>5} s")


def unban(words: argparse.Namespace) -> None:
    """Let an address in again that guessed passwords or scanned; all of them without a word."""
    try:
        wanted = ipaddress.ip_address(words.address) if words.address else None
    except ValueError as error:
        raise InputError("no-address", value=words.address) from error

    async def act() -> None:
        for address in [wanted] if wanted else list((await sets.read()).banned):
            said = "is let in again" if await sets.unban(address) else "wasn't kept out"
            print(f"{address} {said}")

    asyncio.run(act())


def list_lines(_words: argparse.Namespace) -> None:
    """Telephone cards, their ports and what each of these does."""
    hardware = asyncio.run(lines.Boardd(paths().socket("boardd")).hardware())
    if hardware.fault:
        print(f"{hardware.fault.zh}\n{hardware.fault.en}")
    for line in lines.table(hardware):
        print(line)
    with suppress(Unavailable):  # the ports are told with calld dead
        live = asyncio.run(Calld(paths().socket("calld")).ask("GET", "/live", None))
        for sentence in freed.told(live):
            print(sentence)


def play_lines(words: argparse.Namespace) -> None:
    """Have a simulated box play a scenario, with cards of its own, from now on."""
    try:
        text = words.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("toml-missing", file=str(words.file), reason=str(error)) from error
    asyncio.run(lines.Boardd(paths().socket("boardd")).play(text))


def stop_lines(_words: argparse.Namespace) -> None:
    """End the scenario; its cards go."""
    asyncio.run(lines.Boardd(paths().socket("boardd")).play(""))


def show_slots(_words: argparse.Namespace) -> None:
    """Signed updates: the two slots, their versions, which one runs and which starts next."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    for line in table(_update.look(paths())):
        print(line)


def install_update(words: argparse.Namespace) -> None:
    """Install a bundle into the other slot, from a file or a USB stick; it is tried at the next
    start, and the box comes back by itself if it doesn't work."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    at = paths()
    _update.may_install(at)
    given = None if words.file is None else words.file.resolve()
    with _update_stick.the_one(at) if given is None else nullcontext(given) as file:
        version = _update.inspect(file)
        print(f"installing {version} from {file.name}; calls go on", flush=True)
        _update.install(at, file, version)
    _told("update_installed", version)
    print(f"{version} is tried at the next start" + (", now" if words.restart else ""))
    if words.restart:
        _update.restart()


def go_back(words: argparse.Namespace) -> None:
    """Have the other slot's version start next, if it was good once."""
    if os.geteuid() != 0:
        raise InputError("root-only")
    slot = _update.back(paths())
    _told("update_back", slot.version or slot.name)
    print(f"slot {slot.name} ({slot.version or '-'}) starts next")
    if words.restart:
        _update.restart()


def test_line(words: argparse.Namespace) -> None:
    """Test a line by a call, or have two lines learn from each other, and tell the verdict."""
    learns = words.act is learn_lines
    told = asyncio.run(
        line_tests.told(
            lines.Boardd(paths().socket("boardd")),
            line=words.line,
            other=words.other if learns else None,
            number="" if learns else words.number,
            by=os.environ.get("SUDO_USER") or getpass.getuser(),
        )
    )
    for line in told:
        print(line)


def learn_lines(words: argparse.Namespace) -> None:
    """Have two lines call each other and learn; what is found is taken over on page Lines."""
    test_line(words)


def run_migrations(_words: argparse.Namespace) -> None:
    """Bring the database to this version."""
    with db.connect() as connection:
        for name in migrate.migrate(connection):
            print(name)


def fill(words: argparse.Namespace) -> None:
    """Factory settings into an empty database; prints the practice phones, secrets and all."""
    with db.connect() as connection:
        practice = seed.seed(connection, exchange_host=words.exchange)
    print(_json(practice))


def _json(item: object) -> str:
    return json.dumps(item, ensure_ascii=False, indent=1, default=str)


def parser() -> argparse.ArgumentParser:
    """The words it takes."""
    root = argparse.ArgumentParser(prog="linebox", description="The box's own command.")
    verbs = root.add_subparsers(required=True, metavar="VERB")

    def verb(
        under: argparse._SubParsersAction[argparse.ArgumentParser],
        name: str,
        act: Callable[[argparse.Namespace], None],
    ) -> argparse.ArgumentParser:
        made = under.add_parser(name, help=act.__doc__, description=act.__doc__)
        made.set_defaults(act=act)
        return made

    applying = verb(verbs, "apply", apply)
    applying.add_argument("--note", default="", help="why, for the list of generations")
    applying.add_argument("--force", action="store_true", help="also when nothing changed")
    listing = verb(verbs, "generations", list_generations)
    listing.add_argument("--limit", type=int, default=10)
    settings = verbs.add_parser("settings", help="look at the settings")
    verb(settings.add_subparsers(required=True, metavar="VERB"), "show", show_settings)
    verb(verbs, "phones", list_phones)
    verb(verbs, "people", list_people)
    verb(verbs, "password", reset_person).add_argument("login", help="staff number or name")
    verb(verbs, "banned", list_banned)
    verb(verbs, "unban", unban).add_argument("address", nargs="?", default="", help="IP address")
    verb(verbs, "factors", drop_factors).add_argument("login", help="staff number or name")
    audit = verbs.add_parser("audit", help="who did what")
    verb(audit.add_subparsers(required=True, metavar="VERB"), "verify", verify_audit)
    verb(verbs, "migrate", run_migrations)
    ports = verb(verbs, "lines", list_lines).add_subparsers(metavar="VERB")
    playing = verb(ports, "play", play_lines)
    playing.add_argument("file", type=Path, help="a scenario (TOML)")
    verb(ports, "stop", stop_lines)
    updating = verb(verbs, "update", show_slots).add_subparsers(metavar="VERB")
    installing = verb(updating, "install", install_update)
    installing.add_argument("file", type=Path, nargs="?", help="without it: from a USB stick")
    for one in (installing, verb(updating, "back", go_back)):
        one.add_argument("--restart", action="store_true", help="restart the box at once")
    learning = verb(ports, "commission", learn_lines)
    learning.add_argument("line", type=int, help="the first line's number")
    learning.add_argument("other", type=int, help="the other line's")
    tests = verbs.add_parser("test", help="try something").add_subparsers(
        required=True, metavar="WHAT"
    )
    calling = verb(tests, "line", test_line)
    calling.add_argument("line", type=int, help="the line's number, as page Lines shows it")
    calling.add_argument("number", nargs="?", default="", help="whom to call; none: dial tone only")
    filling = verb(verbs, "seed", fill)
    filling.add_argument("--exchange", required=True, help="address the trunk calls from")
    return root


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    asked = parser().parse_args(words)
    if os.geteuid() == 0:  # root comes in as the owner of the tables, by the box's peer map
        os.environ.setdefault("LINEBOX_DB", f"{db.dsn()} user=linebox")
    try:
        asked.act(asked)
    except LineboxError as error:
        told = told_error(error)
        print(f"{told['zh']}\n{told['en']} [{error.code}]", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
