"""The customers: numbers and names, the same in every exchange (customers.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """``number`` as a carrier in China shows it: 139…, or 0571… with its area code."""

    number: str
    name: str
    city: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """The public network around the box: its own numbers and who may call them."""

    main: str
    dids: tuple[str, ...]
    customers: tuple[Customer, ...]


def read(path: Path) -> Public:
    """Raises ``KeyError`` or ``ValueError`` for a file of another shape."""
    data = tomllib.loads(path.read_text())
    surnames, given = data["names"]["surnames"], data["names"]["given"]
    customers: list[Customer] = []
    for area in data["area"]:
        for index in range(area["count"]):
            nth = len(customers)
            customers.append(
                Customer(
                    number=f"{area['prefix']}{area['first'] + area['step'] * index}",
                    name=surnames[nth % len(surnames)] + given[nth * 7 % len(given)],
                    city=area["city"],
                )
            )
    return Public(
        main=data["box"]["main"], dids=tuple(data["box"]["dids"]), customers=tuple(customers)
    )
