"""The company's day in SQL: expressions to be put into queries, without parameters."""

from __future__ import annotations

from typing import Final

#: The company's time zone; before there is a company, that which it gets.
ZONE: Final = "coalesce((SELECT time_zone FROM company), 'Asia/Shanghai')"

#: The moment at which the company's day began.
MIDNIGHT: Final = f"date_trunc('day', now() AT TIME ZONE {ZONE}) AT TIME ZONE {ZONE}"
