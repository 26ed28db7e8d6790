"""The description says what is served."""

from __future__ import annotations

import json

import pytest

from linebox.base.endpoints import Endpoint
from linebox.base.errors import InputError
from linebox.base.messages import catalogue
from linebox.web.errors import status
from linebox.web.openapi import document
from linebox.web.registry import ENDPOINTS


@pytest.mark.req("API-1")
def test_every_endpoint_is_described_once() -> None:
    made = document()
    paths = made["paths"]
    assert isinstance(paths, dict)
    described = {(path, method.upper()) for path, one in paths.items() for method in one}
    assert described == {(one.path, one.method) for one in ENDPOINTS}
    ids = [one.name for one in ENDPOINTS]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere() -> None:
    made = document()
    text = json.dumps(made)
    components = made["components"]
    assert isinstance(components, dict)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in components["schemas"], name


def test_secrets_go_in_and_never_come_out() -> None:
    made = document()
    components = made["components"]
    assert isinstance(components, dict)
    telling = {
        name: schema
        for name, schema in components["schemas"].items()
        if {"secret", "pin", "pin_hash", "pin_salt", "password"} & set(schema.get("properties", {}))
    }
    assert set(telling) == {
        "AgentInput",
        "NewAgent",
        "LogIn",
        "NewPassword",
        "Proof",
        "NewTotp",  # one's own, told once while it is set up
        "MadePerson",  # told once, by the wizard
        "ExtensionWithSecret",
        "PhoneAccess",
    }


def test_changed_parts_may_lack_but_a_snapshot_is_whole() -> None:
    components = document()["components"]
    assert isinstance(components, dict)
    schemas = components["schemas"]
    assert schemas["LiveParts"]["required"] == []
    assert "calls" in schemas["LiveSnapshot"]["required"]
    assert "from" in schemas["LiveCall"]["properties"]


def test_only_the_log_in_page_s_own_needs_no_session() -> None:
    open_ones = {one.name for one in ENDPOINTS if not one.needs_session}
    walls_own = {"get_wall_session", "open_wall", "get_wall_live"}
    assert open_ones == {
        "log_in",
        "give_second_factor",
        "session",
        "log_out",
        "get_health",
        *walls_own,
        "confirm_network",
    }


@pytest.mark.parametrize("one", ENDPOINTS, ids=lambda one: one.name)
def test_a_change_names_the_state_it_was_made_from(one: Endpoint) -> None:
    if one.method in ("PUT", "DELETE") and one.name not in (
        "log_out",
        "end_session",
        "revoke_phone",
        "delete_take",  # what is put away has one state only
        "replace_service_record",  # the last writer wins, and is told over whom
    ):
        assert one.needs_match
        assert one.wants_ask


def test_input_errors_are_never_a_fault_of_ours() -> None:
    for code in catalogue():
        assert 400 <= status(InputError(code)) < 600
