"""Music over HTTP (ACD-5): lists of uploaded sounds (``POST /api/prompts/sounds``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from linebox.base.shapes import Count, Length
from linebox.features.music import store
from linebox.features.music.model import Music, Piece
from linebox.features.prompts.api import SoundFile
from linebox.features.settings.resources import Resource
from linebox.model.spelling import Name, RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceShape:
    """``file``: what the upload told; ``name``: what people call it."""

    file: SoundFile
    name: Annotated[str, Length(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicInput:
    """Played in this order, again and again."""

    name: Name
    pieces: Annotated[tuple[PieceShape, ...], Count(1, 50)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicRow(MusicInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicRows:
    items: tuple[MusicRow, ...]


def _model(id_: int, given: MusicInput) -> Music:
    pieces = tuple(Piece(file=one.file, name=one.name) for one in given.pieces)
    return Music(id=id_, name=given.name, pieces=pieces)


def _row(music: Music, etag: str) -> MusicRow:
    pieces = tuple(PieceShape(file=one.file, name=one.name) for one in music.pieces)
    return MusicRow(id=music.id, name=music.name, pieces=pieces, etag=etag)


MUSIC = Resource(
    word="music",
    one_word="music",
    feature="prompts",
    key=RowId,
    new=MusicInput,
    body=MusicInput,
    model=Music,
    row=MusicRow,
    rows=MusicRows,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
)
ENDPOINTS = MUSIC.endpoints()
