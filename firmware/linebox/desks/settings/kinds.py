"""Every kind of setting that a draft can change, in the order in which they lead to each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from psycopg import AsyncConnection

from linebox.base.roles import Role
from linebox.features.accounts import store as accounts
from linebox.features.accounts.secrets import hash_code, new_code
from linebox.features.agents.api import AGENTS
from linebox.features.agents.model import Agent
from linebox.features.calendars.api import CALENDARS
from linebox.features.extensions.api import EXTENSIONS
from linebox.features.extensions.model import Extension
from linebox.features.ivr.api import MENUS
from linebox.features.limits.api import LIMITS
from linebox.features.lines.api import TRUNKS
from linebox.features.lines.hardware_api import PORTS, SPANS
from linebox.features.music.api import MUSIC
from linebox.features.numbering.api import DIDS, NUMBERS
from linebox.features.prompts.api import PROMPTS
from linebox.features.prompts.defaults_api import SOUND_DEFAULTS
from linebox.features.prompts.readings_api import READINGS
from linebox.features.recordings.rules_api import RECORDING_RULES
from linebox.features.routing.api import GROUPS
from linebox.features.settings.api import COMPANY
from linebox.features.settings.drafts import Kinds


async def _agents_password(connection: AsyncConnection, agent: Agent) -> dict[str, str]:
    """A new agent's log-in is made too; its one-time password is told."""
    if await accounts.by_login(connection, agent.number) is not None:
        return {}
    code = new_code()
    await accounts.create(
        connection,
        login=agent.number,
        name=agent.name,
        role=Role.AGENT,
        made=None,
        password=hash_code(code),
    )
    return {"password": code}


async def _phones_secret(_connection: AsyncConnection, extension: Extension) -> dict[str, str]:
    return {"secret": extension.secret}


KINDS: Final[Kinds] = {
    "company": COMPANY,
    "calendar": CALENDARS,
    "limits": LIMITS,
    "recording-rules": RECORDING_RULES,
    "reading": READINGS,
    "music": MUSIC,
    "sound-defaults": SOUND_DEFAULTS,
    "prompt": PROMPTS,
    "trunk": TRUNKS,
    "span": SPANS,
    "group": GROUPS,
    "extension": replace(EXTENSIONS, tells=_phones_secret),
    "port": PORTS,
    "agent": replace(AGENTS, tells=_agents_password),
    "menu": MENUS,
    "did": DIDS,
    "number": NUMBERS,
}
