"""What every test has: requirement ids known, boxes only for those who ask for them."""

from __future__ import annotations

pytest_plugins: list[str] = ["fixtures.postgres"]
