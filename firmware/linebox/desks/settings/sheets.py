"""Extensions, agents and listed numbers as tables: a row is a new one or changes the one there is.

Empty cells leave what there is. A row that can't be is told with the reason; the others are taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from linebox.base.errors import InputError
from linebox.base.messages import sentence
from linebox.base.shapes import Problem, problem
from linebox.desks.settings.kinds import KINDS
from linebox.desks.settings.plans import Plan, plan_row

type States = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``others``: heads that people use as well."""

    name: str
    zh: str
    en: str
    help_zh: str
    help_en: str
    needed: bool = False
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """``row``: its number in the file."""

    row: int
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Taken:
    """What becomes of a table's rows."""

    plans: list[Plan] = field(default_factory=list)
    made: int = 0
    changed: int = 0
    same: int = 0
    bad: list[BadRow] = field(default_factory=list)


def _number(help_zh: str, help_en: str, *others: str) -> Column:
    return Column(
        name="number",
        zh=others[0],
        en=others[1],
        help_zh=help_zh,
        help_en=help_en,
        needed=True,
        others=others[2:],
    )


COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "extension": (
        _number("3 到 6 位数字", "3 to 6 digits", "分机号", "Extension", "分机", "号码", "number"),
        Column(
            name="name",
            zh="名称",
            en="Name",
            help_zh="谁的电话，可不填",
            help_en="whose telephone; may be empty",
            others=("姓名",),
        ),
    ),
    "agent": (
        _number(
            "3 到 6 位数字", "3 to 6 digits", "工号", "Staff number", "坐席", "number", "agent"
        ),
        Column(
            name="name",
            zh="姓名",
            en="Name",
            help_zh="新坐席必填",
            help_en="a new agent needs one",
            needed=True,
            others=("名称",),
        ),
        Column(
            name="groups",
            zh="技能组",
            en="Groups",
            help_zh="组名或组号，用分号隔开；“客服:2”表示优先级 2",
            help_en="names or numbers, separated by ;  “Service:2” is penalty 2",
            others=("组", "group"),
        ),
        Column(
            name="language",
            zh="语言",
            en="Language",
            help_zh="中文 或 英文",
            help_en="Chinese or English",
        ),
        Column(
            name="pin",
            zh="PIN",
            en="PIN",
            help_zh="4 到 8 位数字；新坐席不填则自动生成",
            help_en="4 to 8 digits; made for a new agent when empty",
            others=("密码",),
        ),
    ),
    "number": (
        _number("3 到 20 位数字", "3 to 20 digits", "号码", "Number", "电话", "手机", "phone"),
        Column(
            name="list",
            zh="名单",
            en="List",
            help_zh="黑名单、白名单 或 VIP",
            help_en="black, white or VIP",
            needed=True,
            others=("类型", "type"),
        ),
        Column(
            name="level",
            zh="等级",
            en="Level",
            help_zh="VIP 的 1 到 9，9 最先",
            help_en="of a VIP, 1 to 9; 9 goes first",
            others=("VIP等级", "vip level"),
        ),
        Column(
            name="note",
            zh="备注",
            en="Note",
            help_zh="最多 500 字",
            help_en="at most 500 characters",
        ),
        Column(
            name="until",
            zh="有效期至",
            en="Until",
            help_zh="最后一天，如 2026-12-31；不填一直有效",
            help_en="the last day, as 2026-12-31; empty: for good",
            others=("到期", "截止日期"),
        ),
    ),
}


def columns(what: str) -> tuple[Column, ...]:
    """Raises ``InputError("not-found")`` for what has no table."""
    if what not in COLUMNS:
        raise InputError("not-found", what="sheet", key=what)
    return COLUMNS[what]


def guessed(what: str, heads: Sequence[str]) -> tuple[str, ...]:
    """What each column fills by its head; empty where no head says it."""
    words = {
        _plain(word): column.name
        for column in reversed(columns(what))
        for word in (*column.others, column.name, column.en, column.zh)
    }
    found: list[str] = []
    for head in heads:
        name = words.get(_plain(head), "")
        found.append("" if name in found else name)
    return tuple(found)


def _plain(head: str) -> str:
    return re.sub(r"[\s_*（(].*|[\s_*]", "", head.strip().lower())


def take(
    there: States,
    what: str,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    first_row: int,
) -> Taken:
    """What the rows would change of what there is. Raises ``InputError("invalid-input")`` for wrong
    columns."""
    _check_columns(what, names)
    kind, known = KINDS[what], there[what]
    taken, seen = Taken(), set[str]()
    for n, row in enumerate(rows):
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
        cells = {name: cell for name, cell in cells.items() if cell}
        key = re.sub(r"[\s-]", "", cells.pop("number", ""))
        try:
            if not key:
                raise problem("number", "missing", min=1)
            if key in seen:
                raise problem("number", "given-twice", value=key)
            seen.add(key)
            item = known.get(key)
            given = _ROWS[what](there, cells)
            after = {**(kind.shown(item) if item is not None else {"number": key}), **given}
            plan = plan_row(kind, item, key, after)
        except InputError as error:
            taken.bad.append(BadRow(row=first_row + n, problems=_problems(error)))
            continue
        if plan is None:
            taken.same += 1
        else:
            taken.plans.append(plan)
            taken.made += item is None
            taken.changed += item is not None
    return taken


def filled(there: States, what: str, language: str) -> list[list[str]]:
    """The rows that there are, as a table with its head."""
    heads = [column.zh if language == "zh" else column.en for column in columns(what)]
    groups = {one.id: one.name_zh for one in there["group"].values()}
    rows = [heads]
    for item in there[what].values():
        shown = KINDS[what].shown(item)
        rows.append(
            [_cell(column.name, shown, groups, there, language) for column in columns(what)]
        )
    return rows


def _check_columns(what: str, names: Sequence[str]) -> None:
    known = {column.name for column in columns(what)}
    for n, name in enumerate(names):
        if name and name not in known:
            raise problem(f"columns.{n}", "column-unknown", value=name)
        if name and name in names[:n]:
            raise problem(f"columns.{n}", "given-twice", value=name)
    if "number" not in names:
        raise problem("columns", "column-missing", value=columns(what)[0].zh)


def _problems(error: InputError) -> tuple[Problem, ...]:
    listed = error.fields.get("problems")
    if error.code == "invalid-input" and isinstance(listed, list):
        return tuple(Problem(_column(one["field"]), one["code"], one) for one in listed)
    return (Problem("", error.code, error.fields),)


def told(one: Problem) -> tuple[str, str]:
    """Its sentence in zh and en."""
    if "zh" in one.fields and "en" in one.fields:
        return str(one.fields["zh"]), str(one.fields["en"])
    return sentence(one.code, one.fields)


def _column(path: str) -> str:
    first = path.partition(".")[0]
    return "groups" if first == "memberships" else first


# -- cells ---------------------------------------------------------------------------------------


def _of_extension(_there: States, cells: Mapping[str, str]) -> dict[str, object]:
    return {"name": cells["name"]} if "name" in cells else {}


def _of_agent(there: States, cells: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {name: cells[name] for name in ("name", "pin") if name in cells}
    if "language" in cells:
        found["language"] = _language(cells["language"])
    if "groups" in cells:
        words = [one.strip() for one in re.split(r"[;；,，、\n]+", cells["groups"]) if one.strip()]
        found["memberships"] = [_membership(there, word) for word in words]
    return found


def _of_number(there: States, cells: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    if "list" in cells:
        found["list"] = _list(cells["list"])
    if "level" in cells:
        if not re.fullmatch("[0-9]{1,3}", cells["level"]):
            raise problem("level", "wrong-type", type_zh="整数", type_en="a whole number")
        found["level"] = int(cells["level"])
    if "note" in cells:
        found["note"] = " ".join(cells["note"].split())
    if "until" in cells:
        found["until"] = _until(cells["until"], there["company"]["company"].time_zone)
    return found


_ROWS: Final[Mapping[str, Callable[[States, Mapping[str, str]], dict[str, object]]]] = {
    "extension": _of_extension,
    "agent": _of_agent,
    "number": _of_number,
}


def _membership(there: States, word: str) -> dict[str, object]:
    name, colon, penalty = word.replace("：", ":").rpartition(":")
    if not colon or not penalty.strip().isdigit():
        name, penalty = word, "0"
    name = name.strip()
    for group in there["group"].values():
        if name.lower() in (str(group.id), group.name_zh.lower(), group.name_en.lower()):
            return {"group_id": group.id, "penalty": int(penalty)}
    raise problem("groups", "no-such-group", value=name[:60])


def _language(word: str) -> str:
    for language, words in (("zh", ("zh", "中文", "chinese")), ("en", ("en", "英文", "english"))):
        if word.lower() in words:
            return language
    raise problem("language", "no-such-language", value=word[:40])


def _list(word: str) -> str:
    if word.lower() in ("black", "黑名单", "黑"):
        return "black"
    if word.lower() in ("white", "白名单", "白"):
        return "white"
    if word.lower() in ("vip", "贵宾"):
        return "vip"
    raise problem("list", "no-such-list", value=word[:40])


def _until(word: str, zone: str) -> str:
    """The end of that day in the company's zone, as a moment."""
    try:
        year, month, day = (int(one) for one in re.split(r"[-/.年月]", word.rstrip("日"))[:3])
        end = datetime.combine(date(year, month, day) + timedelta(days=1), time(), ZoneInfo(zone))
    except ValueError as error:
        raise problem("until", "bad-date", value=word[:40]) from error
    return end.isoformat()


def _cell(
    name: str,
    shown: Mapping[str, Any],
    groups: Mapping[int, str],
    there: States,
    language: str,
) -> str:
    chinese = language == "zh"
    match name:
        case "groups":
            return "；".join(
                groups.get(one["group_id"], str(one["group_id"]))
                + (f":{one['penalty']}" if one["penalty"] else "")
                for one in shown["memberships"]
            )
        case "language":
            words = {"zh": "中文", "en": "英文"} if chinese else {"zh": "Chinese", "en": "English"}
            return words[shown["language"]]
        case "list":
            words = {"black": "黑名单", "white": "白名单", "vip": "VIP"}
            return words[shown["list"]] if chinese else str(shown["list"]).replace("vip", "VIP")
        case "until":
            zone = ZoneInfo(there["company"]["company"].time_zone)
            until = shown["until"] and datetime.fromisoformat(shown["until"]).astimezone(zone)
            return (until - timedelta(seconds=1)).date().isoformat() if until else ""
        case "pin":
            return ""
        case _:
            return str(shown.get(name, ""))
