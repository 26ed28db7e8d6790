"""Which prefix is which country: ``countries.csv``, made by image/countries.py."""

from __future__ import annotations

import csv
from collections.abc import Collection
from functools import cache
from importlib import resources

HOME = "CN"


@cache
def table() -> dict[str, str]:
    """Prefix (from the country's code on) → ISO 3166 code; the longest prefix counts."""
    text = resources.files(__package__).joinpath("countries.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {row["prefix"]: row["country"] for row in csv.DictReader(lines)}


@cache
def abroad() -> frozenset[str]:
    """Every country that the table knows but our own."""
    return frozenset(table().values()) - {HOME}


def prefixes(allowed: Collection[str]) -> tuple[tuple[str, bool], ...]:
    """What tells whether a number may be called: the prefixes of ``allowed``, and those of others
    that lie within one of them (Jamaica's 1876 within the United States' 1)."""
    yes = {prefix for prefix, country in table().items() if country in allowed}
    return tuple(
        (prefix, prefix in yes)
        for prefix in sorted(table())
        if prefix in yes or any(prefix[:n] in yes for n in range(1, len(prefix)))
    )
