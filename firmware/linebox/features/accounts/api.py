"""All that accounts offer over HTTP: log-in, one's own, factors, everybody's, roles (SEC-1)."""

from __future__ import annotations

from linebox.features.accounts import (
    accounts_api,
    factors_api,
    own_api,
    roles_api,
    session_api,
)
from linebox.features.accounts.changes import choose_owners_password
from linebox.features.accounts.session_api import Secret

ENDPOINTS = (
    *session_api.ENDPOINTS,
    *own_api.ENDPOINTS,
    *factors_api.ENDPOINTS,
    *accounts_api.ENDPOINTS,
    *roles_api.ENDPOINTS,
)

__all__ = ["ENDPOINTS", "Secret", "choose_owners_password"]
