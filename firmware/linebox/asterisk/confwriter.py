"""The one writer of Asterisk's configuration files: what people type can never become syntax.

Two kinds of text go in. *Words* come from settings: each is held against an allow-list, and a word
that doesn't fit is an error, never mended. *Code* is dialplan written by a programmer: a literal in
this repository, into which words may be put by name (``Code.of``). Free text (names of people) has
a place only as the value of a plain key, where it is escaped by config.c's rules.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Self

from linebox.base.errors import ConfigError

_WORD = re.compile(r"[0-9A-Za-z_.:/*#+@&%-]{1,200}")
_KEY = re.compile(r"[0-9A-Za-z_.-]{1,80}")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


def word(value: str | int) -> str:
    """``value`` as an argument or name. Raises ``ConfigError("unsafe-setting")``."""
    text = str(value)
    if not _WORD.fullmatch(text):
        raise ConfigError("unsafe-setting", value=text[:80])
    return text


def _list(value: str | int) -> str:
    """Words with commas between them. Raises as ``word``."""
    return ",".join(word(part) for part in str(value).split(","))


class Code(str):
    """Dialplan by a programmer: ``${…}``, ``$[…]``, several arguments, labels.

    Made from literals only (``tests/unit/asterisk/test_confwriter.py`` looks after that).
    """

    __slots__ = ()

    @classmethod
    def of(cls, template: str, **words: str | int) -> Self:
        """``template`` with each ``<name>`` replaced by a word."""
        for name, value in words.items():
            template = template.replace(f"<{name}>", word(value))
        return cls(template)


class Writer:
    """Collects one file. Sections of the same name may follow each other (pjsip.conf)."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._extension = ""

    def section(self, name: str) -> None:
        """``[name]``; what follows belongs to it."""
        if self._lines:
            self._lines.append("")
        self._lines.append(f"[{word(name)}]")
        self._extension = ""

    def pair(self, key: str, value: str | int) -> None:
        """``key = value``, any text of one line as the value.

        Asterisk takes off blanks around a value and begins a comment at ``;`` (config.c), so the
        first are refused and the other is escaped.
        """
        text = str(value)
        if not _KEY.fullmatch(key) or _FORBIDDEN.search(text) or text != text.strip():
            raise ConfigError("unsafe-setting", key=key, value=text[:80])
        self._lines.append(f"{key} = " + text.replace(";", r"\;"))

    def setting(self, key: str, value: str | int) -> None:
        """``key=value`` of words, as DAHDI's files have it; ``#`` begins a comment there."""
        if not _KEY.fullmatch(key) or "#" in str(value):
            raise ConfigError("unsafe-setting", key=key, value=str(value)[:80])
        self._lines.append(f"{key}={_list(value)}")

    def extension(self, name: str, *, pattern: bool = False) -> None:
        """Begin an extension; ``step`` adds its priorities. A word that begins with ``_`` would be
        a pattern and is refused: patterns are the programmer's, by ``pattern``."""
        if pattern != name.startswith("_") or (pattern and not isinstance(name, Code)):
            raise ConfigError("unsafe-setting", value=name[:80])
        self._extension = name if isinstance(name, Code) else word(name)

    def step(self, application: str, *arguments: str | int, label: str = "") -> None:
        """The next priority of the extension begun last.

        An argument is a word, or ``Code``. Commas between them are written here; ``;`` of code is
        escaped here too.
        """
        said = [a if isinstance(a, Code) else word(a) for a in arguments]
        where = f"exten => {self._extension},1" if self._extension else " same => n"
        self._extension = ""
        name = f"({word(label)})" if label else ""
        call = f"{word(application)}({','.join(said)})".replace(";", r"\;")
        self._lines.append(f"{where}{name},{call}")

    def library(self, text: str) -> None:
        """A file of the hand-written library, as it stands, without its comments."""
        for line in text.splitlines():
            if line.strip() and not line.lstrip().startswith(";"):
                if line.startswith("[") and self._lines:
                    self._lines.append("")
                self._lines.append(line.rstrip())

    def include(self, path: str) -> None:
        """``#include`` of an absolute path: relative ones would be looked for in /etc/asterisk."""
        self._lines.append(f"#include {word(path)}")

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


_CONTEXT = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)


def section_names(text: str) -> tuple[str, ...]:
    """The sections of a file, in order, each once."""
    return tuple(dict.fromkeys(_CONTEXT.findall(text)))


def sections(text: str) -> dict[str, str]:
    """A file of ours cut into its sections: name → its text, heading included."""
    parts: dict[str, str] = {}
    starts = [*_CONTEXT.finditer(text)]
    for match, after in pairwise([*starts, None]):
        assert match is not None
        end = after.start() if after else len(text)
        parts[match[1]] = text[match.start() : end].rstrip() + "\n"
    return parts
