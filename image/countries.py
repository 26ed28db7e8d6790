"""countries.py WHEEL CSV: which country a number abroad is in, from `phonenumbers`, as one table.

Run by hand when the data changes; the table is part of the source: firmware/linebox/features/limits.
A number's country is that of the longest prefix it begins with. Countries that share a code (+1, +7)
are told apart by area codes; satellites and services of no country aren't listed: nobody may call them.
"""

from __future__ import annotations

import csv
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

#: Longest leading digits that tell countries of one code apart.
_LEADING = 5


def main(wheel: str, target: str) -> None:
    sys.path.insert(0, wheel)
    import phonenumbers

    with Path(target).open("w", encoding="utf-8", newline="\n") as out:
        out.write("# source: libphonenumber (Apache-2.0), by the Python package phonenumbers\n")
        out.write(f"# version: {phonenumbers.__version__}\n")
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("prefix", "country"))
        table.writerows(sorted(rows(phonenumbers)))


def rows(phonenumbers) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]  # no stubs here
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        main_region = regions[0]
        if main_region == "001":
            continue
        yield str(code), main_region
        if code == 1:
            yield from areas(phonenumbers)
            continue
        for region in regions[1:]:
            leading = phonenumbers.PhoneMetadata.metadata_for_region(region).leading_digits
            if leading:
                yield from ((f"{code}{digits}", region) for digits in shortest(leading))


def areas(phonenumbers) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """North America's area codes outside the United States, by numbers that would be there."""
    for area in range(200, 1000):
        for rest in ("2345678", "5552345", "9752345", "4562345"):
            number = phonenumbers.parse(f"+1{area}{rest}")
            region = phonenumbers.region_code_for_number(number)
            if region and region != "US":
                yield f"1{area}", region
                break


def shortest(leading: str) -> Iterator[str]:
    """The digits that a pattern of leading digits takes, without those that another begins."""
    found: list[str] = []
    for length in range(1, _LEADING + 1):
        for digits in map("".join, itertools.product("0123456789", repeat=length)):
            if re.fullmatch(leading, digits) and not digits.startswith(tuple(found)):
                found.append(digits)
    return iter(found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
