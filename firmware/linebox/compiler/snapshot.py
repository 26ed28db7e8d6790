"""All settings of one moment: what a generation is compiled from."""

from __future__ import annotations

from dataclasses import dataclass, field

from linebox.features.agents.model import Agent
from linebox.features.calendars.model import Calendar
from linebox.features.extensions.model import Extension
from linebox.features.ivr.model import Menu
from linebox.features.limits.model import CallLimits
from linebox.features.lines.model import Hardware, Trunk
from linebox.features.music.model import Music
from linebox.features.numbering.model import Did, ListedNumber
from linebox.features.prompts.defaults import SoundDefaults
from linebox.features.prompts.model import Spoken
from linebox.features.recordings.model import RecordingRules
from linebox.features.routing.model import Group
from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Read in one REPEATABLE READ transaction; every tuple is sorted by its key. ``version``: the
    settings' count of changes, which isn't compiled."""

    language: Language
    time_zone: str
    version: int = 0
    trunks: tuple[Trunk, ...] = ()
    hardware: Hardware = field(default_factory=Hardware)
    dids: tuple[Did, ...] = ()
    numbers: tuple[ListedNumber, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    prompts: tuple[Spoken, ...] = ()
    music: tuple[Music, ...] = ()
    sound_defaults: SoundDefaults = field(default_factory=SoundDefaults)
    menus: tuple[Menu, ...] = ()
    groups: tuple[Group, ...] = ()
    agents: tuple[Agent, ...] = ()
    extensions: tuple[Extension, ...] = ()
    limits: CallLimits = field(default_factory=CallLimits)
    recording: RecordingRules = field(default_factory=RecordingRules)
