"""The whole configuration as one YAML file that people read and change (SET-3).

Secrets are not in it: SIP passwords and PINs of rows that are there stay, those of new ones are
made and told. Prompts' texts are in it, of recordings their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args, get_origin

import yaml
from psycopg import AsyncConnection

from linebox.base.errors import InputError
from linebox.base.messages import sentence
from linebox.base.shapes import hints, outside, split
from linebox.desks.settings.kinds import KINDS
from linebox.desks.settings.plans import Plan, plan_delete, plan_row
from linebox.features.settings.drafts import Kind

#: What the file says it is.
_VERSION: Final = 1
_HEAD: Final = {
    "zh": (
        "Linebox 的全部设置。",
        "可以直接修改后导入：导入前先显示会改什么，确认后一次生效。",
        "文件里没有的一节保持不变；有的一节以文件为准：少了的行会被删除。",
        "没有密码：已有分机的 SIP 密码和坐席的 PIN 不变，新的由盒子生成，导入后显示一次。",
        "id 是别处引用它时用的编号，不要改；新增的行写一个没用过的 id。",
    ),
    "en": (
        "All settings of a Linebox.",
        "Change it and import it: what would change is shown first, then takes effect at once.",
        "A section that is missing stays as it is; of one that is here, missing rows are deleted.",
        "No passwords: SIP passwords and PINs of rows that exist stay; new ones are made by the box"
        " and shown once after the import.",
        "id is what other rows refer to: don't change it; a new row takes one that isn't in use.",
    ),
}
_SECTIONS: Final = {
    "company": ("公司", "The company"),
    "calendars": ("工作时间；weekday 1 是星期一", "Opening hours; weekday 1 is Monday"),
    "prompts": ("语音：文字，或内置的声音", "Prompts: texts, or built-in sounds"),
    "readings": (
        "读音词典：拼音，或换成什么说",
        "How words are read: pinyin, or what is said instead",
    ),
    "music": (
        "等待音乐：上传的文件，file 是它的名字",
        "Music on hold: uploaded files, named by file",
    ),
    "sound_defaults": (
        "默认的声音、语速和音乐",
        "The usual voices, speed and music",
    ),
    "trunks": ("线路", "Lines to the carrier"),
    "spans": (
        "板卡的 E1 和模拟接口：由板卡决定，不能增减",
        "Spans of the cards: they come with the card, none is added or deleted",
    ),
    "ports": (
        "模拟线路：由板卡决定，不能增减；外线或话机接口",
        "Analog lines: they come with the card, none is added or deleted",
    ),
    "groups": ("技能组；_s 是秒", "Groups; _s are seconds"),
    "extensions": ("分机", "Extensions"),
    "agents": ("坐席和所在的组", "Agents and their groups"),
    "menus": ("按键菜单", "Menus"),
    "dids": ("外线号码", "Numbers"),
    "limits": (
        "呼出限制：国家、时段、每天分钟数",
        "Limits of calls out: countries, hours, minutes a day",
    ),
    "recording_rules": (
        "录音规则：保存天数（null 一直保存）、呼出是否录音",
        "Recording rules: days kept (null: for ever), whether calls out are recorded",
    ),
    "number_lists": ("黑名单、白名单和 VIP", "Black, white and VIP lists"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a file, and where. ``line`` from 1."""

    line: int | None
    path: str
    code: str
    zh: str
    en: str


@dataclass(slots=True)
class Read:
    """A file read: what it would change, or what is wrong with it."""

    plans: list[Plan] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


#: Every setting there is, by its kind and key.
type States = Mapping[str, Mapping[str, Any]]


async def states(connection: AsyncConnection, *only: str) -> States:
    """The settings as they are; of these kinds only, if any is named."""
    wanted = only or tuple(KINDS)
    return {what: await KINDS[what].states(connection) for what in dict.fromkeys(wanted)}


def written(there: States, language: str) -> str:
    """All settings as a file with comments in ``language``. Takes a second for 20 000 numbers."""
    parts = ["\n".join(f"# {line}" for line in _HEAD[language]), f"\nlinebox: {_VERSION}\n"]
    for what, kind in KINDS.items():
        rows = [kind.shown(item) for item in there[what].values()]
        section = rows[0] if kind.single else rows
        zh, en = _SECTIONS.get(kind.word, (kind.word, kind.word))
        text = yaml.dump(
            {kind.word: section},
            Dumper=yaml.CSafeDumper,
            allow_unicode=True,
            sort_keys=False,
            default_flow_style=None,
            width=200,
        )
        parts.append(f"\n# {zh if language == 'zh' else en}\n{text}")
    return "".join(parts)


def read(there: States, text: str) -> Read:
    """What a file would change of the settings that there are. Takes seconds for 20 000 numbers."""
    found = Read()
    root = _composed(text, found)
    if root is None:
        return found
    by_word = {kind.word: kind for kind in KINDS.values()}
    sections: dict[str, yaml.Node] = {}
    for name, node, line in _pairs(root, "", found):
        if name == "linebox":
            if getattr(node, "value", None) != str(_VERSION):
                _fault(
                    found, line, name, "file-version", value=str(getattr(node, "value", ""))[:20]
                )
        elif name not in by_word:
            known = ", ".join(by_word)
            _fault(found, line, name[:60], "file-section", value=name[:60], known=known)
        else:
            sections[name] = node
    for word, kind in by_word.items():
        if word in sections:
            _section(kind, there[kind.one_word], sections[word], found)
    return found


# -- YAML ----------------------------------------------------------------------------------------


def _composed(text: str, found: Read) -> yaml.MappingNode | None:
    """The file's nodes; None with a fault when it is none, or not ours."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _fault(found, mark.line + 1 if mark else None, "", "file-not-yaml", reason=error.problem)
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        _fault(found, None, "", "file-not-yaml", reason=str(error)[:100])
        return None
    if not isinstance(root, yaml.MappingNode):
        _fault(found, 1, "", "wrong-type", type_zh="设置文件", type_en="a file of settings")
        return None
    if line := _alias(root):
        _fault(found, line, "", "file-alias")
        return None
    return root


def _alias(root: yaml.Node) -> int | None:
    """The line of a node that stands in two places: a small file could be made huge by them."""
    seen: set[int] = set()
    left: list[yaml.Node] = [root]
    while left:
        node = left.pop()
        if id(node) in seen:
            return int(node.start_mark.line) + 1
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            left += [one for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            left += node.value
    return None


def _pairs(node: yaml.MappingNode, path: str, found: Read) -> list[tuple[str, yaml.Node, int]]:
    """Name, node and line of a mapping's entries; a name that comes twice is a fault."""
    pairs: dict[str, tuple[str, yaml.Node, int]] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        line = key.start_mark.line + 1
        if name in pairs:
            _fault(found, line, f"{path}{name[:60]}", "given-twice", value=name[:60])
        pairs[name] = (name, value, line)
    return list(pairs.values())


@dataclass(slots=True)
class _Data:
    """A row's data, and the line of each path in it."""

    lines: dict[str, int] = field(default_factory=dict)

    def row(
        self, node: yaml.Node, types: Mapping[str, object], path: str, found: Read
    ) -> dict[str, object] | None:
        """A row's data; None with a fault when it is none."""
        self.lines[""] = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            fields = {"type_zh": "对象", "type_en": "an object"}
            _fault(found, self.lines[""], path, "wrong-type", **fields)
            return None
        out: dict[str, object] = {}
        for name, value, line in _pairs(node, f"{path}.", found):
            self.lines[name] = line
            out[name] = self.of(value, types.get(name), name, found)
        return out

    def of(self, node: yaml.Node, hint: object, path: str, found: Read) -> object:
        """A node as JSON data; ``hint``: the type that is wanted there, so that a number that
        somebody wrote without quotes stays a text."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        plain, _, _ = split(hint) if hint is not None else (None, (), False)
        prefix = f"{path}." if path else ""
        if isinstance(node, yaml.MappingNode):
            inner = _fields(plain)
            out: dict[str, object] = {}
            for name, value, line in _pairs(node, prefix, found):
                self.lines[f"{prefix}{name}"] = line
                out[name] = self.of(value, inner.get(name), f"{prefix}{name}", found)
            return out
        if isinstance(node, yaml.SequenceNode):
            member = get_args(plain)[0] if get_origin(plain) is tuple else None
            return [self.of(one, member, f"{prefix}{n}", found) for n, one in enumerate(node.value)]
        return _scalar(node, plain)


def _fields(plain: object) -> Mapping[str, object]:
    if isinstance(plain, type) and hasattr(plain, "__dataclass_fields__"):
        return {outside(name): hint for name, hint in hints(plain).items()}
    return {}


def _scalar(node: yaml.Node, plain: object) -> object:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() in ("true", "yes", "on")
        case "int" if plain in (int, float):
            return int(text) if text.lstrip("+-").isdigit() else text
        case "float" if plain in (int, float):
            try:
                return float(text)
            except ValueError:
                return text
        case _:
            return text


# -- against what there is -----------------------------------------------------------------------


def _section(kind: Kind, known: Mapping[str, Any], node: yaml.Node, found: Read) -> None:
    line = node.start_mark.line + 1
    if kind.single:
        data = _Data()
        if (row := data.row(node, kind.settable(new=False), kind.word, found)) is not None:
            _row(kind, known[kind.one_word], kind.one_word, row, data, kind.word, found)
        return
    if not isinstance(node, yaml.SequenceNode):
        _fault(found, line, kind.word, "wrong-type", type_zh="列表", type_en="a list")
        return
    key_name = "id" if kind.numbered else "number"
    types = {"id": int, **kind.settable(new=True)}
    seen: set[str] = set()
    for n, one in enumerate(node.value):
        path, data = f"{kind.word}.{n}", _Data()
        if (row := data.row(one, types, path, found)) is None:
            continue
        line = one.start_mark.line + 1
        key = _key(row.get(key_name), numbered=kind.numbered)
        if key is None:
            _fault(found, line, f"{path}.{key_name}", "missing", min=1)
            continue
        if key in seen:
            at = data.lines.get(key_name, line)
            _fault(found, at, f"{path}.{key_name}", "given-twice", value=key)
            continue
        seen.add(key)
        _row(kind, known.get(key), key, row, data, path, found)
    for key, item in known.items():
        if key not in seen and not kind.fixed:
            found.plans.append(plan_delete(kind, key, item))


def _key(raw: object, *, numbered: bool) -> str | None:
    if numbered:
        return str(raw) if isinstance(raw, int) and 0 < raw < 2**31 else None
    return raw if isinstance(raw, str) and raw else None


def _row(
    kind: Kind,
    item: Any,
    key: str,
    row: Mapping[str, object],
    data: _Data,
    path: str,
    found: Read,
) -> None:
    try:
        plan = plan_row(kind, item, key, row)
    except InputError as error:
        for one in _listed(error):
            name = str(one["field"])
            _at(found, data, path, name, one)
        return
    if plan is not None:
        found.plans.append(plan)


def _listed(error: InputError) -> Sequence[Mapping[str, object]]:
    problems = error.fields.get("problems")
    if error.code == "invalid-input" and isinstance(problems, list):
        return problems
    zh, en = sentence(error.code, error.fields)
    return [{"field": "", "code": error.code, "zh": zh, "en": en}]


def _at(found: Read, data: _Data, path: str, name: str, problem: Mapping[str, object]) -> None:
    """A problem at the line of its field, or of what holds the field."""
    at = name
    while at and at not in data.lines:
        at = at.rpartition(".")[0]
    found.faults.append(
        Fault(
            line=data.lines.get(at),
            path=f"{path}.{name}" if name else path,
            code=str(problem["code"]),
            zh=str(problem["zh"]),
            en=str(problem["en"]),
        )
    )


def _fault(found: Read, line: int | None, path: str, code: str, **fields: object) -> None:
    zh, en = sentence(code, fields)
    found.faults.append(Fault(line=line, path=path, code=code, zh=zh, en=en))
