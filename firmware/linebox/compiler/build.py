"""Compile a snapshot of the settings into a generation: pure text to text, no disk, no Asterisk."""

from __future__ import annotations

from collections.abc import Sequence

from linebox.compiler.generation import Generation, KeptBody
from linebox.compiler.snapshot import Snapshot


def build(snapshot: Snapshot, *, number: int, kept: Sequence[KeptBody] = ()) -> Generation:
    """Compile ``snapshot`` as generation ``number``.

    Equal settings give an equal ``hash`` whatever the number. A dangling destination doesn't stop the
    build: it stands in ``Generation.dangling`` for the checker to refuse. Raises
    ``ConfigError("unsafe-setting")`` when a value can't be written without becoming syntax.
    """
    raise NotImplementedError
