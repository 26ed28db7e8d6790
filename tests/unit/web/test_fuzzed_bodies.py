"""Whatever is sent, the API answers with a state below 500 (or 503 for what is away) in our form."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.webd import webd
from linebox.base.endpoints import Endpoint
from linebox.web.registry import ENDPOINTS

_SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(["menu", "group", "1001", "13900001111", "08:30", "zh", "10.0.0.1", "lb/a"])
)
_ANY = st.recursive(
    _SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def _bodies(kind: type) -> st.SearchStrategy[object]:
    names = sorted(kind.__annotations__) + sorted(
        name for base in kind.__mro__[1:] for name in getattr(base, "__annotations__", {})
    )
    return _ANY | st.dictionaries(st.sampled_from(names or ["x"]), _ANY, max_size=12)


#: Log-in is slow by intent; its refusals are in test_refusals. A wall's link that isn't ours is an
#: answer (`open` false), not an error: test_wall_links.
_WITH_BODY = [one for one in ENDPOINTS if one.body and one.name not in ("log_in", "open_wall")]


@pytest.mark.parametrize("one", _WITH_BODY, ids=lambda one: one.name)
def test_any_body_gets_a_sentence(one: Endpoint) -> None:
    assert one.body

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bodies=st.lists(_bodies(one.body), min_size=40, max_size=40))
    def run(bodies: list[object]) -> None:
        asyncio.run(_send(one, bodies))

    run()


async def _send(one: Endpoint, bodies: list[object]) -> None:
    with TemporaryDirectory() as folder:
        async with webd(Path(folder)) as client:
            client.log_in()
            path = re.sub(r"{\w+}", "1001", one.path)
            for body in bodies:
                raw = json.dumps(body).encode()
                answer = await client.ask(one.method, path, raw, if_match="x")
                assert answer.status in (413, 422, 503), (body, answer)
                assert answer.code
