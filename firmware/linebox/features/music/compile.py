"""Music → musiconhold.conf (ACD-5).

Pieces are played where they lie: another choice of files is another list, and a caller who hears
the list of before goes on hearing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linebox.asterisk.confwriter import Writer
from linebox.asterisk.names import queue
from linebox.features.music.model import Music

#: Where Asterisk meets the uploaded sounds.
_FILES = "/data/prompts/files"
#: The class of who waits for nobody in particular, or is put on hold.
DEFAULT = "default"


def group_class(group_id: int, music_id: int | None) -> str:
    """The class that a group's callers hear."""
    return DEFAULT if music_id is None else queue(group_id)


def classes(
    out: Writer,
    music: Iterable[Music],
    *,
    default: int | None,
    of_groups: Mapping[int, int | None],
) -> None:
    """``default``: the box's music, None: what it came with. ``of_groups``: group → its music."""
    known = {one.id: one for one in music}
    out.section(DEFAULT)
    if default in known:
        _pieces(out, known[default])
    else:
        out.pair("mode", "files")
        out.pair("directory", "moh")
        out.pair("sort", "random")
    for group_id, music_id in of_groups.items():
        if music_id in known:
            out.section(group_class(group_id, music_id))
            _pieces(out, known[music_id])


def _pieces(out: Writer, music: Music) -> None:
    out.pair("mode", "playlist")
    for piece in music.pieces:
        out.pair("entry", f"{_FILES}/{piece.file}")
