"""What Asterisk has against what it should have, by a stand-in that answers as AMI does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from linebox.asterisk import checker
from linebox.asterisk.ami import AmiRefused, Message
from linebox.asterisk.checker import Differs, Expected
from linebox.asterisk.reload import Part, reload

EXPECTED = Expected(
    number=7,
    hash="abc123",
    contexts=frozenset({"from-trunk", "lb-inbound-abc123"}),
    queues={"g1": "ringall", "g2": "leastrecent"},
    endpoints=frozenset({"8001", "trunk-exchange"}),
)


def event(name: str, **headers: str) -> Message:
    text = "\r\n".join(f"{key}: {value}" for key, value in headers.items())
    return Message(name, dict(headers), text, is_event=True)


@dataclass
class Asterisk:
    """Has just what it is given."""

    marker: str | None = "7 abc123"
    contexts: Sequence[str] = ("from-trunk", "lb-inbound-abc123", "parkedcalls")
    queues: Mapping[str, str] = field(default_factory=lambda: dict(EXPECTED.queues))
    endpoints: Sequence[str] = ("8001", "8002", "trunk-exchange")
    marks: Sequence[str] = ()
    reloaded: list[str] = field(default_factory=list)

    async def listing(self, name: str, /, **headers: object) -> list[Message]:
        match name, headers.get("Context"):
            case "ShowDialPlan", context if headers.get("Extension"):
                what = f"extension none@{context}" if context in self.contexts else "context x"
                raise AmiRefused("ami-refused", action=name, message=f"Did not find {what}")
            case "ShowDialPlan", _:
                if self.marker is None:
                    raise AmiRefused("ami-refused", action=name, message="Did not find context")
                return [event("ListDialplan", AppData=self.marker)]
            case "QueueStatus", _:
                return [
                    each
                    for queue, strategy in self.queues.items()
                    for each in (
                        event("QueueParams", Queue=queue, Strategy=strategy),
                        event("QueueMember", Queue=queue),
                    )
                ]
            case "PJSIPShowEndpoints", _:
                return [event("EndpointList", ObjectName=each) for each in self.endpoints]
            case "Status", _:
                return [event("Status", Variable=each) for each in self.marks]
        raise AssertionError(name)

    async def action(self, name: str, /, **headers: object) -> Message:
        assert name == "Reload"
        self.reloaded.append(str(headers["Module"]))
        return Message("Success", {}, "", is_event=False)

    async def command(self, line: str, /, **_: object) -> list[str]:
        raise AssertionError(line)


@pytest.mark.req("SET-3")
async def test_nothing_differs_when_asterisk_has_all_and_more() -> None:
    assert await checker.differences(Asterisk(), EXPECTED) is None


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("has", "code", "shown"),
    [
        (Asterisk(marker="6 abc123"), "readback-marker", "generation 6"),
        (Asterisk(marker="7 abc124"), "readback-marker", "abc124"),
        (Asterisk(marker=None), "readback-marker", "nothing of ours"),
        (Asterisk(contexts=("from-trunk",)), "readback-contexts", "lb-inbound-abc123"),
        (Asterisk(queues={"g1": "ringall"}), "readback-queues", "g2"),
        (Asterisk(queues={"g1": "linear", "g2": "leastrecent"}), "readback-strategy", "linear"),
        (Asterisk(endpoints=("8002",)), "readback-endpoints", "8001, trunk-exchange"),
    ],
)
async def test_each_difference_has_its_name(has: Asterisk, code: str, shown: str) -> None:
    difference = await checker.differences(has, EXPECTED)

    assert difference is not None and difference.code == code
    assert any(shown in str(value) for value in difference.fields.values())


async def test_long_lists_are_cut_with_their_count() -> None:
    expected = replace(EXPECTED, endpoints=frozenset(f"{8000 + n}" for n in range(100)))

    difference = await checker.differences(Asterisk(endpoints=()), expected)

    assert difference is not None
    assert str(difference.fields["missing"]).endswith("8007 … (100)")


@pytest.mark.req("SET-3")
async def test_read_back_waits_for_telephones_that_load_in_the_background() -> None:
    class Slow(Asterisk):
        asked = 0

        async def listing(self, name: str, /, **headers: object) -> list[Message]:
            if name == "PJSIPShowEndpoints":
                self.asked += 1
                self.endpoints = EXPECTED.endpoints if self.asked == 3 else ()  # type: ignore[assignment]
            return await super().listing(name, **headers)

    await checker.read_back(Slow(), EXPECTED, within_s=5)

    with pytest.raises(Differs):
        await checker.read_back(Asterisk(endpoints=()), EXPECTED, within_s=0.1)


@pytest.mark.req("SET-3")
async def test_generations_alive_are_those_whose_mark_a_channel_bears() -> None:
    has = Asterisk(marks=("LB_GEN=5", "LB_GEN=7", "LB_GEN=", "LB_GEN=x", "OTHER=9", "LB_GEN=5"))

    assert await checker.alive(has) == {5, 7}


async def test_what_the_dialplan_leads_to_is_reloaded_before_it() -> None:
    has = Asterisk()

    await reload(has, {Part.DIALPLAN, Part.QUEUES, Part.TELEPHONES})

    assert has.reloaded == ["res_pjsip.so", "app_queue.so", "pbx_config.so"]
