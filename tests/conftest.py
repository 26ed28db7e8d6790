"""What every test may ask for: the site of booted boxes, made only when a test names it."""

from __future__ import annotations

pytest_plugins = ["fixtures.postgres", "fixtures.site_plugin"]
