"""What a new box begins with: it answers, queues and records before anybody sets a thing.

Numbers and names are those of the practice exchange (docs/names.md, "Exchange").
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final, NotRequired, TypedDict

from psycopg import Connection

from linebox.base.roles import Role
from linebox.features.accounts import store as accounts
from linebox.features.accounts.secrets import hash_password, new_code
from linebox.features.agents.service import hash_pin, new_pin
from linebox.features.extensions.service import new_secret

#: The numbers that the training exchange delivers.
DIDS: Final = ("4008001234", *(f"0571880012{n:02}" for n in range(10)))
#: Practice people by staff number, their telephones by extension, and who supervises them by login.
AGENTS: Final = {"1001": "林晓燕", "1002": "王建国", "1003": "陈思雨", "1004": "赵磊"}
PHONES: Final = {f"800{n}": f"800{n} {name}" for n, name in enumerate(AGENTS.values(), 1)}
STAFF: Final = {"1000": "班长"}
_ORDER_STATES: Final = ("new", "paid", "shipped", "delivered", "cancelled")


class Phone(TypedDict):
    """A practice telephone and who sits at it."""

    ext: str
    secret: str
    agent: NotRequired[str]
    pin: NotRequired[str]


class Access(TypedDict):
    """Somebody's account, and the password with which its own is chosen."""

    login: str
    name: str
    role: str
    one_time_password: str


class Practice(TypedDict):
    """What the practice agents need to know. PINs and passwords exist nowhere else in plain."""

    phones: list[Phone]
    people: list[Access]


def seed(connection: Connection, *, exchange_host: str) -> Practice | None:
    """Fill an empty database with the factory settings, in one transaction (or the caller's).

    ``exchange_host`` is the address the trunk ``exchange`` calls from. Returns the practice phones
    with their secrets, which the caller writes to a file of root's; None when the box has settings.
    """
    with connection.transaction():
        connection.execute("LOCK TABLE company")
        made = connection.execute(
            "INSERT INTO company (name_zh, name_en) VALUES ('示范公司', 'Model Company')"
            " ON CONFLICT DO NOTHING"
        )
        if made.rowcount == 0:
            return None
        _answering(connection, exchange_host)
        _lists_and_orders(connection)
        return Practice(phones=_people(connection), people=_accounts(connection))


def phones(connection: Connection) -> list[Phone]:
    """Every extension with its secret, for a tool of root's."""
    rows = connection.execute("SELECT number, secret FROM extensions ORDER BY number")
    return [Phone(ext=number, secret=secret) for number, secret in rows]


def _answering(connection: Connection, exchange_host: str) -> None:
    connection.execute(
        "INSERT INTO trunks (name, host, max_calls) VALUES ('exchange', %s, 30)", (exchange_host,)
    )
    connection.execute(
        "INSERT INTO calendars (name, always_open)"
        " VALUES ('全天 24/7', true), ('工作时间 Office', false)"
    )
    connection.cursor().executemany(
        "INSERT INTO calendar_hours (calendar_id, weekday, opens, closes) VALUES (2, %s, %s, %s)",
        [
            (weekday, opens, closes)
            for weekday in range(1, 6)
            for opens, closes in ((time(9), time(12)), (time(13, 30), time(18)))
        ],
    )
    connection.execute(
        "INSERT INTO prompts (name, builtin) VALUES ('欢迎语 Greeting', 'lb/welcome'),"
        " ('主菜单 Main menu', 'lb/menu-main')"
    )
    connection.execute(
        "INSERT INTO groups (name_zh, name_en, strategy) VALUES"
        " ('客服', 'Service', 'longest-idle'), ('投诉', 'Complaints', 'ring-all')"
    )
    connection.execute(
        "INSERT INTO menus (name, prompt_id, fallback_kind, fallback_id)"
        " VALUES ('主菜单 Main menu', 2, 'group', 1)"
    )
    connection.execute(
        "INSERT INTO menu_options (menu_id, key, kind, target) VALUES (1, '1', 'group', 1),"
        " (1, '2', 'selfservice', 0), (1, '9', 'voicemail', 0), (1, '0', 'repeat', 0)"
    )
    connection.cursor().executemany(
        "INSERT INTO dids (number, name, language, calendar_id, greeting_id, kind, target)"
        " VALUES (%s, %s, %s, 1, 1, 'menu', 1)",
        [(number, "", "en" if number.endswith("1209") else "zh") for number in DIDS],
    )


def _people(connection: Connection) -> list[Phone]:
    made: list[Phone] = []
    for (agent, name), (phone, label) in zip(AGENTS.items(), PHONES.items(), strict=True):
        pin = new_pin()
        salt, hash_ = hash_pin(pin)
        secret = new_secret()
        connection.execute(
            "INSERT INTO extensions (number, name, secret) VALUES (%s, %s, %s)",
            (phone, label, secret),
        )
        connection.execute(
            "INSERT INTO agents (number, name, pin_salt, pin_hash) VALUES (%s, %s, %s, %s)",
            (agent, name, salt, hash_),
        )
        made.append(Phone(ext=phone, secret=secret, agent=agent, pin=pin))
    connection.execute("INSERT INTO group_agents (group_id, agent) SELECT 1, number FROM agents")
    connection.execute(
        "INSERT INTO group_agents (group_id, agent, penalty)"
        " SELECT 2, number, 0 FROM agents WHERE number IN ('1003', '1004')"
    )
    return made


def _accounts(connection: Connection) -> list[Access]:
    """The practice agents and a supervisor may log in to the pages, each with a random one-time
    password (SEC-2: no default one)."""
    agents = [(login, name, Role.AGENT) for login, name in AGENTS.items()]
    staff = [(login, name, Role.SUPERVISOR) for login, name in STAFF.items()]
    made: list[Access] = []
    for login, name, role in [*staff, *agents]:
        code = new_code()
        accounts.give(connection, login=login, name=name, role=role, password=hash_password(code))
        made.append(Access(login=login, name=name, role=role.value, one_time_password=code))
    return made


def _lists_and_orders(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO number_lists (number, list, level, note) VALUES"
        " ('13800000000', 'black', 1, '骚扰电话'), ('13900008888', 'vip', 9, '重要客户')"
    )
    today = datetime.now(UTC).date()
    connection.cursor().executemany(
        "INSERT INTO orders (code, phone, state, ordered_on, amount_fen)"
        " VALUES (%s, %s, %s, %s, %s)",
        [
            (
                f"LB2026{n:04}",
                f"1390000111{n % 10}",
                _ORDER_STATES[n % len(_ORDER_STATES)],
                today - timedelta(days=n),
                9900 + n * 12345,
            )
            for n in range(1, 11)
        ],
    )
