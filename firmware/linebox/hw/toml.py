"""Files that people write by hand: TOML, read into shapes, mistakes told by file and line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import cast

from linebox.base.errors import ConfigError, InputError
from linebox.base.shapes import parse


def read[T](kind: type[T], path: Path) -> T:
    """The file at ``path``. Raises ``ConfigError("toml-missing")``, and as ``parsed``."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("toml-missing", file=str(path), reason=str(error)) from error
    return parsed(kind, text, str(path))


def parsed[T](kind: type[T], text: str, file: str) -> T:
    """``text`` as ``kind``; ``file`` is what mistakes are told of.

    Raises ``ConfigError``: ``toml-unreadable`` (not TOML) and ``toml-wrong`` (a field that isn't
    right), with ``file``, ``line`` and what is wrong; of several mistakes the first.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise ConfigError("toml-unreadable", file=file, line=line, reason=str(error)) from error
    try:
        return parse(kind, said)
    except InputError as error:
        problems = cast("list[dict[str, str]]", error.fields["problems"])
        first = problems[0]
        raise ConfigError(
            "toml-wrong",
            file=file,
            line=_line(text, first["field"]),
            field=first["field"],
            problem_zh=first["zh"],
            problem_en=first["en"],
        ) from error


def _line(text: str, field: str) -> int:
    """Where ``telephony.local.1.kind`` stands: TOML's reader doesn't keep it. A missing field is
    told at its table's heading; where nothing fits, 1."""
    parts = field.split(".")
    while parts[-1].isdecimal():  # an entry of a list in one line
        parts.pop()
    words = [word for word in parts if not word.isdecimal()]
    place = next((int(word) for word in parts if word.isdecimal()), 0)
    wanted_table, wanted = ".".join(words[:-1]), words[-1]
    table, heading = "", 1
    seen = {"": 0}
    for at, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[+\s*([\w.]+)\s*\]+", line):
            table = found[1]
            seen[table] = seen.get(table, -1) + 1
            if table == ".".join(words) or (table == wanted_table and seen[table] == place):
                heading = at
        elif (
            table == wanted_table
            and seen[table] == place
            and re.match(rf"\s*\"?{re.escape(wanted)}\"?\s*[=.]", line)
        ):
            return at
    return heading
