"""Have Asterisk read its files again, in the order that leaves nothing pointing nowhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from linebox.asterisk.ami import Ami


class Part(StrEnum):
    """What is reloaded by itself."""

    TELEPHONES = "res_pjsip.so"
    MUSIC = "res_musiconhold.so"
    QUEUES = "app_queue.so"
    DIALPLAN = "pbx_config.so"
    CARDS = "chan_dahdi.so"


class Impact(StrEnum):
    """What a reload does to calls in progress."""

    NONE = "none"
    DROPS_WAITING = "drops-waiting"
    DROPS_CALLS = "drops-calls"


#: Declared for each: whoever adds one that isn't ``NONE`` sees that people are asked first.
#: Channels keep their endpoint, their place in a queue and the contexts they began in. Cards wait:
#: boardd makes a line's channels anew when no call is on them.
IMPACTS: Final[Mapping[Part, Impact]] = {
    Part.TELEPHONES: Impact.NONE,
    Part.MUSIC: Impact.NONE,
    Part.QUEUES: Impact.NONE,
    Part.DIALPLAN: Impact.NONE,
    Part.CARDS: Impact.NONE,
}

#: What the dialplan leads to is there before it. Cards aren't among them: DAHDI comes first there,
#: which is boardd's (``POST /apply``).
ORDER: Final = (Part.TELEPHONES, Part.MUSIC, Part.QUEUES, Part.DIALPLAN)


async def reload(ami: Ami, parts: Collection[Part]) -> None:
    """Reload ``parts``. Asterisk says "reloaded" whatever happens: read back what it has now.

    ``res_pjsip`` reloads in a thread of its own, so its end isn't known. app_queue is always
    reloaded whole: ``queue reload members`` resets its general options. Raises as ``Ami.action``.
    """
    for part in ORDER:
        if part in parts:
            await ami.action("Reload", timeout_s=30, Module=part)
