"""What the settings pages send and get (docs/names.md, "Settings pages"; SET-3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from linebox.base.shapes import Count, Form, Length, Range
from linebox.features.settings.confd import FileDifference
from linebox.features.settings.model import LoggedChange
from linebox.model.spelling import LanguageCode

type What = Annotated[
    str, Length(1, 30), Form(r"[a-z]+(-[a-z]+)*", "设置的种类", "a kind of setting")
]
type Key = Annotated[str, Length(1, 60)]
type Ref = Annotated[str, Length(5, 30), Form(r"new:[a-z0-9-]+", "new:…", "new:…")]
type Note = Annotated[str, Length(0, 500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeInput:
    """One change of a draft.

    ``key`` null makes a new one; ``etag``: the state that was seen (null: made, or whatever it is
    now); ``after``: the body of its PUT or POST, null deletes it. ``ref``: what other changes of
    the draft call a new one until it has an id, wherever an id stands: ``"target": "new:1"``.
    """

    what: What
    key: Key | None = None
    etag: Annotated[str, Length(1, 40)] | None = None
    after: Mapping[str, object] | None = None
    ref: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftInput:
    changes: Annotated[tuple[ChangeInput, ...], Count(0, 500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyInput:
    changes: Annotated[tuple[ChangeInput, ...], Count(0, 500)]
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoInput:
    """Log entries to put back; ``act``: all entries of that act."""

    log: Annotated[tuple[Annotated[int, Range(1, 2**53)], ...], Count(0, 1000)] = ()
    act: Annotated[int, Range(1, 2**53)] | None = None
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftProblem:
    """``change``: its place in the draft, null when it is the whole that can't be.

    ``field`` is the one of the change's body; empty when it is no field's.
    """

    change: int | None
    what: str
    key: str | None
    field: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What happens to calls in progress. Null counts: the live picture is away.

    ``cut``: calls that would end; ``waiting``: callers in queues.
    """

    calls: int | None
    waiting: int | None
    cut: int | None
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """``generation``: the next one's number; with ``changes_calls`` false nothing that calls meet
    changes, and no generation is made. Without problems it can be applied."""

    problems: tuple[DraftProblem, ...]
    difference: tuple[FileDifference, ...]
    changes_calls: bool
    generation: int
    impact: Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new row's key, by its change's place in the draft. ``told``: what is shown this one time:
    ``secret`` (SIP password), ``password`` (one-time, of the log-in), ``pin``."""

    change: int
    what: str
    key: str
    told: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftApplied:
    """``changed`` is false when no generation was needed. ``log``: what was written down, for an
    undo; ``act``: the same as one number (null: nothing was saved)."""

    generation: int
    changed: bool
    seconds: float
    log: tuple[int, ...]
    act: int | None
    made: tuple[Made, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unapplied:
    """Oldest first, at most 200 of ``count``."""

    count: int
    items: tuple[LoggedChange, ...]


# -- the whole as one file -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuery:
    """``language``: of the comments."""

    language: LanguageCode = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInput:
    """``dry``: tell only what would change. ``seen``: the answer's of the dry run; the import is
    refused (412) when somebody changed a setting since."""

    text: Annotated[str, Length(1, 4_000_000, lines=True)]
    dry: bool = True
    seen: Annotated[str, Length(1, 40)] | None = None
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """``line``: from 1, null when no line is at fault; ``path``: as ``groups.3.ring_s``."""

    line: int | None
    path: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a file or table would change; ``before`` null: made, ``after`` null: deleted."""

    what: str
    key: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """``count`` changes, of which ``changes`` has the first 500. ``preview``: of the dry run, when
    there are no problems; ``applied``: of the other."""

    problems: tuple[FileProblem, ...]
    count: int
    changes: tuple[Planned, ...]
    seen: str
    preview: Preview | None
    applied: DraftApplied | None


# -- tables ----------------------------------------------------------------------------------------

type Cell = Annotated[str, Length(0, 500, lines=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """``name`` is what rows are sent by; ``zh``, ``en`` its head; ``help_…`` what it may hold."""

    name: str
    zh: str
    en: str
    needed: bool
    help_zh: str
    help_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumns:
    items: tuple[SheetColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateQuery:
    """``language``: of the head row. ``filled``: with the rows that there are."""

    language: LanguageCode = "zh"
    filled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFile:
    """``file``: CSV (UTF-8 or GB 18030) or XLSX as base64, at most 8 MB."""

    what: What
    file: Annotated[str, Length(1, 11_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRead:
    """``columns``: what each column seems to fill, empty where no head says it; ``rows`` without
    the head row; ``first_row``: the first one's number in the file."""

    heads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRows:
    """Rows of a table; ``columns``: what each fills, empty = nothing. A row whose key is there
    changes that one, and empty cells leave it as it is. ``seen`` as in ``ImportInput``."""

    columns: Annotated[
        tuple[Annotated[str, Length(0, 20), Form("[a-z_]*", "列名", "a column")], ...],
        Count(1, 50),
    ]
    rows: Annotated[
        tuple[Annotated[tuple[Cell, ...], Count(0, 50)], ...],
        Count(1, 20_000),
    ]
    first_row: Annotated[int, Range(1, 10_000_000)] = 1
    dry: bool = True
    seen: Annotated[str, Length(1, 40)] | None = None
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProblem:
    """``field``: the column's name."""

    field: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSheetRow:
    """``row``: its number in the file. It is left out; the others are taken."""

    row: int
    problems: tuple[CellProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTaken:
    """What becomes of the rows. ``changes``: the first 200; ``applied``: null in a dry run, or
    when no row changes anything."""

    made: int
    changed: int
    same: int
    bad: tuple[BadSheetRow, ...]
    changes: tuple[Planned, ...]
    seen: str
    applied: DraftApplied | None
