"""Roles to begin from, as offices have them: a built-in role and what it gives up (SEC-1)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from linebox.base.rights import Catalogue
from linebox.base.roles import Role

#: Talk, customers and what was written of them: nobody's who only looks after the box.
_BUSINESS: Final = (
    "calls.*",
    "recordings.*",
    "customers.*",
    "follow_ups.*",
    "service.*",
    "desk.*",
    "numbers.whole",
    "live.act",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """``without``: rights by pattern, ``*.change``."""

    name_zh: str
    name_en: str
    base: Role
    without: tuple[str, ...]
    second_factor: bool = False

    def rights(self, catalogue: Catalogue) -> frozenset[str]:
        """What it keeps of its base's."""
        return frozenset(
            one
            for one in catalogue.of(self.base)
            if not any(fnmatchcase(one, pattern) for pattern in self.without)
        )


PRESETS: Final = (
    Preset(
        name_zh="审计员",
        name_en="Auditor",
        base=Role.ADMINISTRATOR,
        without=("*.change", "live.act", "recordings.download", "customers.export", "host.*"),
        second_factor=True,
    ),
    Preset(
        name_zh="安装员",
        name_en="Installer",
        base=Role.ADMINISTRATOR,
        without=(*_BUSINESS, "audit.*", "accounts.*"),
    ),
    Preset(
        name_zh="厂家工程师",
        name_en="Engineer",
        base=Role.ADMINISTRATOR,
        without=(*_BUSINESS, "audit.*", "accounts.*"),
        second_factor=True,
    ),
    Preset(
        name_zh="运维专员",
        name_en="Operations",
        base=Role.ADMINISTRATOR,
        without=(*_BUSINESS, "audit.*", "accounts.change"),
        second_factor=True,
    ),
    Preset(
        name_zh="分管领导",
        name_en="Executive",
        base=Role.SUPERVISOR,
        without=(
            "*.change",
            "live.act",
            "numbers.whole",
            "customers.private",
            "customers.export",
            "recordings.download",
        ),
    ),
    Preset(
        name_zh="主管",
        name_en="Head of centre",
        base=Role.SUPERVISOR,
        without=("customers.export",),
    ),
    Preset(
        name_zh="组长",
        name_en="Team leader",
        base=Role.SUPERVISOR,
        without=(
            "recordings.download",
            "customers.export",
            "customers.private",
            "alerts.change",
            "wall.change",
        ),
    ),
    Preset(
        name_zh="客户经理",
        name_en="Account manager",
        base=Role.SUPERVISOR,
        without=(
            "live.*",
            "alerts.*",
            "wall.*",
            "routing.*",
            "agents.*",
            "recordings.download",
            "customers.export",
        ),
    ),
    Preset(
        name_zh="经办人",
        name_en="Case handler",
        base=Role.SUPERVISOR,
        without=(
            "live.*",
            "alerts.*",
            "wall.*",
            "routing.*",
            "agents.*",
            "calls.see",
            "recordings.*",
            "customers.private",
            "customers.export",
        ),
    ),
    Preset(
        name_zh="导播",
        name_en="Call screener",
        base=Role.AGENT,
        without=("customers.*", "recordings.*", "follow_ups.*", "numbers.whole"),
    ),
)
