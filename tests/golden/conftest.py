"""The option that stores expected files anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-tree", action="store_true", help="store the golden files anew")
