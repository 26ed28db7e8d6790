"""Health over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from linebox.base.endpoints import endpoint
from linebox.features.diagnostics.health import Health, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """``ok``: every part is."""

    ok: bool
    parts: tuple[Part, ...]


@endpoint("GET", "/api/health", "Is every part of the box well?", needs_session=False)
async def get_health(health: Health) -> HealthAnswer:
    """Always 200 while webd lives; needs no log-in and tells nothing of calls or settings."""
    parts = await health.ask()
    return HealthAnswer(ok=all(part.state == "ok" for part in parts), parts=parts)


ENDPOINTS = (get_health,)
