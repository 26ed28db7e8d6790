"""What the tests of generations have."""

from fixtures.house import house

__all__ = ["house"]
