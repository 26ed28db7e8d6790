"""Which setting a problem of the compiled whole is told at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from linebox.base.errors import LineboxError
from linebox.base.messages import told
from linebox.compiler.snapshot import Snapshot
from linebox.features.settings.drafts import Carried


class Place(NamedTuple):
    """A setting's kind, key and field."""

    what: str
    key: str
    field: str


def problems(
    found: Sequence[LineboxError], snapshot: Snapshot, carried: Carried
) -> list[dict[str, object]]:
    """Problems as a draft's are told (``DraftRefused``)."""
    shown = []
    for error in found:
        place = _place(error.code, error.fields, snapshot)
        said = told(error.code, error.fields)
        shown.append(
            {
                "change": carried.places.get((place.what, place.key)),
                "what": place.what,
                "key": place.key or None,
                "field": place.field,
                "code": error.code,
                "zh": said["zh"],
                "en": said["en"],
            }
        )
    return shown


def _place(code: str, fields: Mapping[str, object], snapshot: Snapshot) -> Place:
    match code:
        case "dangling-route" | "missing-prompt":
            return _origin(str(fields.get("where_en")), code)
        case "missing-calendar":
            return Place("did", str(fields.get("did")), "calendar_id")
        case "missing-group":
            return Place("agent", str(fields.get("agent")), "memberships")
        case "overflow-loop":
            first = str(fields.get("groups")).partition(" ")[0]
            return Place("group", first, "overflow")
        case "line-number-unknown":
            return Place("port", str(fields.get("port")), "number")
        case "clock-order-twice":
            return Place("span", str(fields.get("span")), "timing")
        case "line-modes-differ":
            return Place("span", str(fields.get("span")), "line_mode")
        case "linear-needs-restart":
            return Place("group", str(fields.get("queue")).removeprefix("g"), "strategy")
        case "missing-text" | "missing-sound":
            prompt = next((one for one in snapshot.prompts if one.name == fields.get("name")), None)
            return Place("prompt", str(prompt.id) if prompt else "", "")
        case _:
            return Place("", "", "")


def _origin(origin: str, code: str) -> Place:
    """``menu 3 key 1``, ``group 1 overflow``, ``did 4008001234``."""
    match origin.split(), code:
        case ["did", number], "missing-prompt":
            return Place("did", number, "greeting_id")
        case ["did", number], _:
            return Place("did", number, "destination")
        case ["menu", id_], _:
            return Place("menu", id_, "prompt_id")
        case ["menu", id_, "key", key], _:
            return Place("menu", id_, f"options.{key}")
        case ["menu", id_, *_], _:
            return Place("menu", id_, "fallback")
        case ["group", id_, *_], _:
            return Place("group", id_, "overflow")
        case _:
            return Place("", "", "")
