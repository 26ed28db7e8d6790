"""Notes of the journal spelled out: on the way of every call one record tells several facts.

Each record costs Asterisk a write that waits for the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

type Note = tuple[str, dict[str, str]]

#: What LB_ENTRY tells beside the entry itself: the look-up of the caller's level, the first route.
_BESIDE_ENTRY = ("level", "ms", "to", "id")
_BESIDE_LEAVE = ("agent", "ext", "file")


def spelled_out(name: str, fields: Mapping[str, str]) -> Iterator[Note]:
    """The facts of note ``name``, each as a note of its own (docs/names.md, "User events")."""
    match name:
        case "LB_ENTRY":
            yield name, _without(fields, _BESIDE_ENTRY)
            if fields.get("level"):
                lookup = {"name": "LB_LEVEL", "outcome": fields["level"]}
                yield "LB_LOOKUP", {**lookup, "ms": fields.get("ms", "")}
            if fields.get("to", "group") != "group":  # a group's joining tells its own route
                yield "LB_ROUTE", {"to": fields["to"], "id": fields.get("id", "")}
        case "LB_QUEUE" if fields.get("do") == "join":
            yield "LB_ROUTE", {"to": "group", "id": fields.get("group", "")}
            yield name, dict(fields)
        case "LB_QUEUE" if fields.get("do") == "leave":
            group = fields.get("group", "")
            if fields.get("agent"):
                agent = {"agent": fields["agent"], "ext": fields.get("ext", "")}
                yield "LB_CONNECT", {"group": group, **agent}
            yield name, _without(fields, _BESIDE_LEAVE)
            if fields.get("file"):
                yield "LB_REC", {"do": "stop", "file": fields["file"], "why": "end"}
        case _:
            yield name, dict(fields)


def _without(fields: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {key: value for key, value in fields.items() if key not in names}
