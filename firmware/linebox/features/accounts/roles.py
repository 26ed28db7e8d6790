"""Owner-made roles as webd knows them: learnt from the database, kept for when that is dead."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from linebox.base.files import write_whole
from linebox.base.roles import Role
from linebox.features.accounts.model import MadeRole, Person, RoleRules

log = logging.getLogger(__name__)


class Roles:
    """What is in ``file`` until the first ``learn``; a role that isn't known keeps no right."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rules = RoleRules()
        self._by_id: dict[int, MadeRole] = {}
        self._when_changed: list[Callable[[], None]] = []
        self._take(_read(file))

    def learn(self, rules: RoleRules) -> None:
        """The database says so now; who watches is told when that is a change."""
        if rules == self._rules:
            return
        self._take(rules)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, _text(rules), lasting=False)
        except OSError as error:
            log.warning("%s can't be written (%s)", self._file, error)
        for act in self._when_changed:
            act()

    def when_changed(self, act: Callable[[], None]) -> None:
        """Have ``act()`` called at each change. It must not wait."""
        self._when_changed.append(act)

    def one(self, id_: int) -> MadeRole | None:
        """The owner-made role with this id."""
        return self._by_id.get(id_)

    def kept(self, id_: int) -> frozenset[str]:
        """The rights that it kept."""
        made = self._by_id.get(id_)
        return made.rights if made else frozenset()

    def demands_factor(self, person: Person) -> bool:
        """Whether the person's role must give a second factor at log-in."""
        made = self._by_id.get(person.made) if person.made is not None else None
        return made.second_factor if made else person.role in self._rules.second_factor

    def _take(self, rules: RoleRules) -> None:
        self._rules = rules
        self._by_id = {one.id: one for one in rules.made}


def _text(rules: RoleRules) -> str:
    return json.dumps(
        {
            "made": [
                {
                    "id": one.id,
                    "name_zh": one.name_zh,
                    "name_en": one.name_en,
                    "base": one.base,
                    "rights": sorted(one.rights),
                    "second_factor": one.second_factor,
                }
                for one in rules.made
            ],
            "second_factor": sorted(rules.second_factor),
        },
        ensure_ascii=False,
    )


def _read(file: Path) -> RoleRules:
    try:
        said = json.loads(file.read_bytes())
        return RoleRules(
            made=tuple(
                MadeRole(
                    id=int(one["id"]),
                    name_zh=str(one["name_zh"]),
                    name_en=str(one["name_en"]),
                    base=Role(one["base"]),
                    rights=frozenset(map(str, one["rights"])),
                    second_factor=bool(one["second_factor"]),
                )
                for one in said["made"]
            ),
            second_factor=frozenset(Role(one) for one in said["second_factor"]),
        )
    except FileNotFoundError:
        return RoleRules()
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s can't be read (%s): owner-made roles keep no right yet", file, error)
        return RoleRules()
