"""The board file: what this model has and which driver serves it (architecture, section 8).

``board/<model>/board.toml``; the model is the kernel line's ``linebox.board=``, else
``/etc/linebox/board``, else ``sim`` in a container and ``pc`` elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from linebox.base.shapes import Count, Length
from linebox.hw import toml
from linebox.hw.protocols import SpanType

_MODEL: Final = re.compile(r"[a-z][a-z0-9-]{0,29}")


class Driver(StrEnum):
    """Who serves the telephone cards."""

    DAHDI = "dahdi"
    SIM = "sim"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSpan:
    """A span that the kernel makes itself (``dahdi_dynamic_loc``): it can't tell what it plays."""

    hardware_id: Annotated[str, Length(1, 60)]
    kind: SpanType


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """The telephone cards. ``ignore``: hardware ids of DAHDI devices that aren't this box's lines
    (far sides of local spans); ``*`` and ``?`` stand for any characters."""

    driver: Driver
    ignore: Annotated[tuple[Annotated[str, Length(1, 60)], ...], Count(0, 50)] = ()
    local: Annotated[tuple[LocalSpan, ...], Count(0, 50)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    model: Annotated[str, Length(1, 30)]
    zh: Annotated[str, Length(1, 60)]
    en: Annotated[str, Length(1, 60)]
    telephony: Phones


def model(root: Path) -> str:
    """The model's name; ``root`` is the file system's. A name of a wrong form is none."""
    for word in (_of_kernel(root), _of_file(root)):
        if word and _MODEL.fullmatch(word):
            return word
    return "sim" if _in_container(root) else "pc"


def read(path: Path) -> Board:
    """The board file at ``path``. Raises as ``toml.read``."""
    return toml.read(Board, path)


def _of_kernel(root: Path) -> str:
    line = _text(root / "proc/cmdline")
    return next(
        (word.partition("=")[2] for word in line.split() if word.startswith("linebox.board=")), ""
    )


def _of_file(root: Path) -> str:
    return _text(root / "etc/linebox/board").strip()


def _in_container(root: Path) -> bool:
    """As systemd tells (``/run/systemd/container`` holds the manager's name)."""
    return (root / "run/systemd/container").exists()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
