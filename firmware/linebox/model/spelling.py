"""How numbers and names are spelled, with the sentence that says so: limits shared by features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from linebox.base.shapes import Form, Length, Range
from linebox.model.destinations import Destination, Kind

#: A person's or thing's name.
type Name = Annotated[str, Length(1, 100)]
type OptionalName = Annotated[str, Length(0, 100)]

#: A short number inside the house: extension or staff number (工号).
type HouseNumber = Annotated[
    str,
    Length(3, 6),
    Form(r"[1-9][0-9]{2,5}", "3 到 6 位数字，不以 0 开头", "3 to 6 digits, not beginning with 0"),
]

#: A number of the public network that the carrier delivers to us.
type PublicNumber = Annotated[
    str, Length(3, 20), Form(r"[0-9]{3,20}", "3 到 20 位数字", "3 to 20 digits")
]

#: A caller's number, maybe international.
type CallerNumber = Annotated[
    str,
    Length(3, 21),
    Form(
        r"\+?[0-9]{3,20}",
        "3 到 20 位数字，前面可以有 +",
        "3 to 20 digits, a + may stand before them",
    ),
]

#: The number of a row made by the database.
type RowId = Annotated[int, Range(1, 2**31 - 1)]

type LanguageCode = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteShape:
    """Where a caller is sent. ``target``: the id of a menu or group, else 0."""

    kind: Literal["menu", "group", "voicemail", "hangup"]
    target: Annotated[int, Range(0, 9999)] = 0

    def destination(self) -> Destination:
        return Destination(kind=Kind(self.kind), target=self.target)

    @classmethod
    def of(cls, there: Destination) -> RouteShape:
        """Raises ``ValueError`` for a kind that only a menu's key can have."""
        match there.kind:
            case Kind.MENU:
                return cls(kind="menu", target=there.target)
            case Kind.GROUP:
                return cls(kind="group", target=there.target)
            case Kind.VOICEMAIL:
                return cls(kind="voicemail", target=there.target)
            case Kind.HANGUP:
                return cls(kind="hangup", target=there.target)
            case Kind.SELFSERVICE | Kind.REPEAT:
                raise ValueError(f"{there.kind} is no route")
