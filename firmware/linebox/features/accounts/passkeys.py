"""Passkeys by python3-fido2: WebAuthn's checks are its, the state between requests ours (SEC-1).

A browser gives a passkey only to a name, never to a bare IP address, and only over https without a
warning (``localhost`` apart). A passkey is bound to the name that it was made under.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from linebox.base.errors import InputError

#: WebAuthn speaks JSON of any depth; the library parses it.
type Json = Mapping[str, Any]

_NAME = re.compile(r"(?=.*[a-z])[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", re.IGNORECASE)


def is_name(host: str) -> bool:
    """Whether a browser gives passkeys to an address of this host."""
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def begin(host: str, login: str, name: str, known: Sequence[str]) -> tuple[Json, Json]:
    """What the page hands to ``navigator.credentials.create``, and the state for ``made``."""
    options, state = _server(host).register_begin(
        {"id": login.encode(), "name": login, "displayName": name or login},
        credentials=[_credential(one) for one in known],
        resident_key_requirement="preferred",
        user_verification="preferred",
    )
    return dict(options), state


def made(host: str, state: Json, answer: Json) -> str:
    """The new passkey as it is stored. Raises ``InputError("passkey-refused")``."""
    try:
        found = _server(host).register_complete(state, answer)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("passkey-refused", reason=str(error)[:200]) from error
    return base64.b64encode(bytes(found.credential_data)).decode()


def ask(host: str, known: Sequence[str]) -> tuple[Json, Json]:
    """What the page hands to ``navigator.credentials.get``, and the state for ``given``."""
    options, state = _server(host).authenticate_begin(
        [_credential(one) for one in known], user_verification="preferred"
    )
    return dict(options), state


def given(host: str, state: Json, known: Sequence[str], answer: Json) -> tuple[str, int] | None:
    """Which of the ``known`` ones signed, with its counter; None when none did."""
    from fido2.webauthn import AuthenticationResponse  # 15 MB, for log-ins only

    try:
        found = _server(host).authenticate_complete(
            state, [_credential(one) for one in known], answer
        )
        counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return base64.b64encode(bytes(found)).decode(), counter


def _server(host: str) -> Any:  # the library has no types for its own options
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name="Linebox"))


def _credential(stored: str) -> Any:
    from fido2.webauthn import AttestedCredentialData

    return AttestedCredentialData(base64.b64decode(stored))
