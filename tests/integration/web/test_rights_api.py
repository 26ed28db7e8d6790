"""Owner-made roles over HTTP: made, given, felt at once; nobody gives more than their own (SEC-1)."""

from __future__ import annotations

import pytest

from fixtures.postgres import Pg
from fixtures.webd import Answer, Client
from linebox.base.roles import Role
from linebox.features.accounts.model import Person


async def _role(api: Client, base: str, *without: str) -> int:
    """A role that gave these up; its id."""
    roles = (await api.get("/api/roles")).body
    assert isinstance(roles, dict)
    held = next(one["rights"] for one in roles["items"] if one["key"] == base)
    n = len(roles["items"])
    body = {
        "name_zh": f"角色{n}",
        "name_en": f"Role {n}",
        "base": base,
        "rights": [one for one in held if one not in without],
    }
    made = await api.post("/api/roles", body)
    assert made.status == 201, made.body
    assert isinstance(made.body, dict)
    return int(made.body["key"])


def _be(api: Client, role: Role, made: int | None, login: str = "1000") -> None:
    agent = login if role is Role.AGENT else ""
    api.log_in(Person(login=login, role=role, agent=agent, made=made))


def _body(answer: Answer) -> dict[str, object]:
    assert answer.status < 300, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


@pytest.mark.req("SEC-1")
async def test_a_role_is_felt_at_once_and_in_open_sessions(api: Client) -> None:
    made = await _role(api, "supervisor", "customers.see")
    owner = api.cookie
    _be(api, Role.SUPERVISOR, made)
    assert (await api.get("/api/customers")).code == "not-allowed"
    session = _body(await api.get("/api/session"))
    assert "customers.see" not in session["rights"]  # type: ignore[operator]
    assert session["role_zh"] == "角色3"
    theirs, api.cookie = api.cookie, owner
    body = {"name_zh": "看客户", "name_en": "Sees", "rights": ["customers.see"]}
    assert (await api.put(f"/api/roles/{made}", body, "*")).status == 200
    api.cookie = theirs
    assert (await api.get("/api/customers")).status == 200
    assert (await api.get("/api/calls")).code == "not-allowed"


@pytest.mark.req("SEC-1")
async def test_a_role_takes_no_right_that_its_base_lacks(api: Client) -> None:
    body = {"name_zh": "x", "name_en": "x", "base": "agent", "rights": ["audit.see", "calls.see"]}
    assert (await api.post("/api/roles", body)).problems() == {"rights.0": "right-not-there"}


@pytest.mark.req("SEC-1")
async def test_nobody_gives_or_takes_over_more_than_their_own(api: Client, house: Pg) -> None:
    """An administrator's role without customers can't reach them by way of accounts."""
    made = await _role(api, "administrator", "customers.see")
    created = _body(
        await api.post(
            "/api/accounts", {"login": "other", "role": "administrator", "name": "另一个"}
        )
    )
    account = created["account"]
    assert isinstance(account, dict)
    id_ = account["id"]
    _be(api, Role.ADMINISTRATOR, made, "ops")
    new = {"login": "fresh", "name": "新", "role": "administrator"}
    assert (await api.post("/api/accounts", new)).code == "not-allowed"
    assert (await api.post("/api/accounts", {**new, "made_role": made})).status == 201
    change = {"role": "administrator", "name": "另一个"}
    assert (await api.put(f"/api/accounts/{id_}", change, "*")).code == "not-allowed"
    for path in ("password", "factors"):
        method = "POST" if path == "password" else "DELETE"
        answer = await api.ask(method, f"/api/accounts/{id_}/{path}", if_match="*")
        assert answer.code == "not-allowed", path
    body = {"name_zh": "y", "name_en": "y", "base": "administrator", "rights": ["customers.see"]}
    assert (await api.post("/api/roles", body)).problems() == {"rights.0": "right-not-there"}
    more = {"name_zh": "z", "name_en": "z", "rights": ["customers.see"]}
    answer = await api.put(f"/api/roles/{made}", more, "*")
    assert answer.problems() == {"rights.0": "right-not-there"}
    demand = {"name_zh": "z", "name_en": "z", "second_factor": True}
    assert (await api.put("/api/roles/administrator", demand, "*")).code == "not-allowed"


async def test_a_role_that_somebody_has_stays(api: Client) -> None:
    made = await _role(api, "supervisor")
    new = {"login": "boss", "name": "主管", "role": "supervisor", "made_role": made}
    assert (await api.post("/api/accounts", new)).status == 201
    assert (await api.delete(f"/api/roles/{made}", "*")).code == "in-use"
    wrong = {"login": "boss2", "name": "主管", "role": "administrator", "made_role": made}
    assert (await api.post("/api/accounts", wrong)).problems() == {"made_role": "no-such-reference"}
    assert (await api.delete("/api/roles/agent", "*")).code == "role-built-in"


@pytest.fixture
def calls(house: Pg) -> Pg:
    house.rows("INSERT INTO agents VALUES ('1001', '林晓燕', %s, %s)", "0" * 16, "0" * 40)
    columns = "id, start_id, direction, trunk, from_number, did, started_at, ended_at, result, agent, agents"
    house.rows(
        f"INSERT INTO calls ({columns}) VALUES ('s00000001-1.1', 's00000001', 'in', 'x', '13900001111',"
        " '4008001234', now(), now(), 'answered', '1001', '{1001}'),"
        " ('s00000001-1.2', 's00000001', 'out', 'x', '8001', '13900002222', now(), now(), 'answered', '1001',"
        " '{1001}')"
    )
    return house


@pytest.mark.req("SEC-1", "SEC-3")
async def test_numbers_are_told_in_part_to_who_lacks_the_right(api: Client, calls: Pg) -> None:
    made = await _role(api, "supervisor", "numbers.whole")
    _be(api, Role.SUPERVISOR, made)
    items = _body(await api.get("/api/calls"))["items"]
    assert isinstance(items, list)
    assert {(one["from_number"], one["did"]) for one in items} == {
        ("139****1111", "4008001234"),
        ("8001", "139****2222"),
    }
    one = _body(await api.get("/api/calls/s00000001-1.1"))["call"]
    assert isinstance(one, dict)
    assert one["from_number"] == "139****1111"
    assert (await api.get("/api/calls?number=13900001111")).code == "not-allowed"
    assert (await api.get("/api/customers/export")).code == "not-allowed"
    pop = _body(await api.get("/api/desk/pop?call=s00000001-1.1"))
    assert pop["number"] == "139****1111"


@pytest.mark.req("SEC-1", "SEC-3")
async def test_a_private_field_is_shown_searched_and_kept_by_right(api: Client) -> None:
    fields = {"items": [{"name_zh": "身份证", "name_en": "ID", "private": True}]}
    keys = _body(await api.put("/api/customer-fields", fields, "*"))["items"]
    assert isinstance(keys, list)
    key = keys[0]["key"]
    card = {"name": "王芳", "fields": [{"key": key, "value": "110101SECRET"}]}
    made = _body(await api.post("/api/customers", card))
    whole = await _role(api, "supervisor")
    less = await _role(api, "supervisor", "customers.private")
    _be(api, Role.SUPERVISOR, less)
    seen = _body(await api.get(f"/api/customers/{made['id']}"))
    assert seen["fields"] == []
    assert _body(await api.get("/api/customer-fields"))["items"] == []
    assert _body(await api.get("/api/customers?text=secret"))["total"] == 0
    assert _body(await api.get("/api/customers?text=王芳"))["total"] == 1
    sneaky = {"name": "王芳", "fields": [{"key": key, "value": "x"}]}
    answer = await api.put(f"/api/customers/{made['id']}", sneaky, "*")
    assert answer.problems() == {"fields.0.value": "unknown-field"}
    renamed = {"name": "王芳芳", "fields": []}
    assert (await api.put(f"/api/customers/{made['id']}", renamed, "*")).status == 200
    table = await api.get("/api/customers/export")
    assert isinstance(table.body, bytes)
    assert b"SECRET" not in table.body
    _be(api, Role.SUPERVISOR, whole)
    kept = _body(await api.get(f"/api/customers/{made['id']}"))
    assert kept["name"] == "王芳芳"
    assert kept["fields"] == [{"key": key, "value": "110101SECRET"}]
    assert _body(await api.get("/api/customers?text=secret"))["total"] == 1
