"""What keeps settings from taking effect, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.card_house import added_later
from linebox.base.messages import told
from linebox.compiler import check
from linebox.compiler.build import build
from linebox.compiler.generation import Sound
from linebox.compiler.snapshot import Snapshot
from linebox.features.agents.model import Agent, Membership
from linebox.features.calendars.model import Calendar
from linebox.features.ivr.model import Menu, Option
from linebox.features.lines.model import LineMode
from linebox.features.numbering.model import Did
from linebox.features.prompts.model import Spoken
from linebox.features.routing.model import Group, Strategy
from linebox.model.destinations import Destination, Kind
from linebox.model.languages import Language

VOICEMAIL = Destination(kind=Kind.VOICEMAIL)


def to(kind: Kind, target: int) -> Destination:
    return Destination(kind=kind, target=target)


def group(id_: int, overflow: Destination = VOICEMAIL) -> Group:
    return Group(id=id_, name_zh="组", name_en="group", overflow=overflow)


MENU = Menu(
    id=1,
    name="main",
    prompt_id=1,
    fallback=to(Kind.GROUP, 1),
    options=(
        Option(key="1", destination=to(Kind.GROUP, 1)),
        Option(key="0", destination=Destination(kind=Kind.REPEAT)),
        Option(key="5", destination=to(Kind.MENU, 1)),
    ),
)
WHOLE = Snapshot(
    language=Language.ZH,
    time_zone="Asia/Shanghai",
    calendars=(Calendar(id=1, name="always", always_open=True),),
    prompts=(Spoken(id=1, name="menu", builtin="lb/menu-main"),),
    menus=(MENU,),
    groups=(group(1),),
    dids=(Did(number="4008001234", calendar_id=1, destination=to(Kind.MENU, 1)),),
    agents=(
        Agent(
            number="1001",
            name="林",
            pin_salt="0" * 16,
            pin_hash="0" * 40,
            memberships=(Membership(group_id=1),),
        ),
    ),
)


def codes(snapshot: Snapshot) -> list[str]:
    return [each.code for each in check.references(snapshot, build(snapshot, number=1))]


@pytest.mark.req("SET-3")
def test_whole_settings_pass_with_loops_of_menus() -> None:
    assert codes(WHOLE) == []


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"groups": ()}, "dangling-route"),
        ({"menus": ()}, "dangling-route"),
        ({"groups": (group(1, to(Kind.MENU, 7)),)}, "dangling-route"),
        ({"calendars": ()}, "missing-calendar"),
        ({"prompts": ()}, "missing-prompt"),
        ({"dids": (replace(WHOLE.dids[0], greeting_id=9),)}, "missing-prompt"),
        (
            {"agents": (replace(WHOLE.agents[0], memberships=(Membership(group_id=5),)),)},
            "missing-group",
        ),
    ],
)
def test_each_broken_reference_is_named(change: dict[str, object], code: str) -> None:
    assert code in codes(replace(WHOLE, **change))  # type: ignore[arg-type]


@pytest.mark.req("SET-3")
def test_problem_says_where_in_both_languages() -> None:
    broken = replace(WHOLE, menus=(replace(MENU, fallback=to(Kind.GROUP, 9)),))
    (problem,) = check.references(broken, build(broken, number=1))

    sentence = told(problem.code, problem.fields)

    assert "菜单 1 无应答时" in str(sentence["zh"]) and "技能组 9" in str(sentence["zh"])
    assert "menu 1 fallback leads to group 9" in str(sentence["en"])


@pytest.mark.req("ACD-3")
@pytest.mark.parametrize(
    ("overflows", "circles"),
    [
        ({1: 2, 2: 1}, ["1 → 2 → 1"]),
        ({1: 1}, ["1 → 1"]),
        ({1: 2, 2: 3, 3: 2}, ["2 → 3 → 2"]),
        ({1: 2, 2: 3}, []),
        ({1: 2, 2: 1, 3: 4, 4: 3, 5: 1}, ["1 → 2 → 1", "3 → 4 → 3"]),
    ],
)
def test_groups_that_overflow_for_ever_are_named_once(
    overflows: dict[int, int], circles: list[str]
) -> None:
    groups = [group(id_, to(Kind.GROUP, target)) for id_, target in overflows.items()]
    last = [group(id_) for id_ in set(overflows.values()) - overflows.keys()]
    snapshot = replace(WHOLE, groups=tuple(groups + last))

    found = check.references(snapshot, build(snapshot, number=1))

    assert [each.fields["groups"] for each in found if each.code == "overflow-loop"] == circles


@pytest.mark.req("IVR-2")
def test_missing_text_is_told_apart_from_missing_file() -> None:
    own = Spoken(id=2, name="own", text_zh="您好")
    snapshot = replace(WHOLE, prompts=(*WHOLE.prompts, own))
    missing = [
        Sound(language=Language.EN, name=own.sound),
        Sound(language=Language.ZH, name=own.sound),
        Sound(language=Language.ZH, name="lb/closed"),
    ]

    problems = list(check.sounds(snapshot, build(snapshot, number=1), missing))

    assert [each.code for each in problems] == ["missing-text", "missing-sound", "missing-sound"]
    assert problems[2].fields["name"] == "lb/closed"


@pytest.mark.req("ACD-1")
@pytest.mark.parametrize(
    ("live", "refused"),
    [({}, False), ({"g1": "linear"}, False), ({"g1": "ringall"}, True), ({"g2": "ringall"}, False)],
)
def test_fixed_order_needs_a_queue_made_for_it(live: dict[str, str], refused: bool) -> None:
    linear = replace(WHOLE, groups=(replace(group(1), strategy=Strategy.LINEAR),))

    assert bool(list(check.order_kept(build(linear, number=1), live))) is refused


def test_refusal_bears_the_first_problem_and_all_of_them() -> None:
    problems = [check.Problem("missing-group", agent="1", group=2), check.Problem("overflow-loop")]

    with pytest.raises(check.Refused) as caught:
        check.refuse_if(problems)

    assert caught.value.code == "missing-group"
    told_all = caught.value.fields["problems"]
    assert isinstance(told_all, list)
    assert [each["code"] for each in told_all] == ["missing-group", "overflow-loop"]


@pytest.mark.req("TEL-1", "TEL-3")
def test_cards_that_contradict_each_other_are_told() -> None:
    snapshot = added_later()
    e1, lines = snapshot.hardware.spans
    other = replace(e1, id=3, number=3, first_channel=40, card_key="other")
    modes = replace(lines, id=4, number=4, first_channel=71, line_mode=LineMode.FCC)
    port = replace(snapshot.hardware.ports[1], number="55501234")
    hardware = replace(
        snapshot.hardware, spans=(e1, lines, other, modes), ports=(*snapshot.hardware.ports, port)
    )
    contradicting = replace(snapshot, hardware=hardware)
    found = check.references(contradicting, build(contradicting, number=1))
    assert [(one.code, one.fields) for one in found] == [
        ("line-number-unknown", {"port": 2, "line": 2, "number": "55501234"}),
        ("clock-order-twice", {"place": 1, "span": 3, "one": 1, "other": 3}),
        ("line-modes-differ", {"span": 4, "driver": "wcaxx"}),
    ]
