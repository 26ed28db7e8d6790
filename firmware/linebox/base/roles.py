"""What a person may do on the box: one role each (SEC-1, docs/names.md, "Accounts and roles")."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """``administrator``: everything; ``supervisor``: what happens and happened; ``agent``: the own
    desk."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    AGENT = "agent"


type Roles = frozenset[Role]

ADMINISTRATORS: Final[Roles] = frozenset({Role.ADMINISTRATOR})
#: Supervisors, and administrators, who may do all that supervisors may.
SUPERVISORS: Final[Roles] = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
#: Only who sits at a desk of their own: an administrator has none.
AGENTS: Final[Roles] = frozenset({Role.AGENT})
EVERYBODY: Final[Roles] = frozenset(Role)
