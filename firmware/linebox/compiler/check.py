"""Whether settings make sense before they are written: nothing leads nowhere, all is heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from linebox.base.errors import InputError
from linebox.base.messages import told
from linebox.compiler.generation import Generation, Sound
from linebox.compiler.snapshot import Snapshot
from linebox.features.lines.model import Span, SpanKind
from linebox.features.music.model import Music
from linebox.features.prompts.model import Prompt
from linebox.model.destinations import Destination, Kind
from linebox.model.languages import Language

_LANGUAGE_ZH: Final = {Language.ZH: "中文", Language.EN: "英文"}
_LANGUAGE_EN: Final = {Language.ZH: "Chinese", Language.EN: "English"}
_KIND_ZH: Final = {Kind.MENU: "菜单", Kind.GROUP: "技能组", Kind.VOICEMAIL: "留言箱"}
_ORIGIN_ZH: Final = {
    "did": "号码",
    "menu": "菜单",
    "group": "技能组",
    "key": "按键",
    "fallback": "无应答时",
    "overflow": "溢出",
}


class Problem(InputError):
    """One thing that keeps settings from taking effect."""


class Refused(InputError):
    """The settings can't take effect.

    Code and fields are the first problem's; the field ``problems`` has all of them, told.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        self.problems = problems
        super().__init__(
            first.code, **first.fields, problems=[told(each.code, each.fields) for each in problems]
        )


def refuse_if(problems: Iterable[Problem]) -> None:
    """Raises ``Refused`` when there is any."""
    if found := list(problems):
        raise Refused(found)


def references(snapshot: Snapshot, generation: Generation) -> Iterable[Problem]:
    """Destinations, calendars, prompts and groups that don't exist, and groups that never end."""
    for route in generation.dangling:
        yield Problem(
            "dangling-route",
            where=_in_chinese(route.origin),
            where_en=route.origin,
            kind=route.destination.kind.value,
            kind_zh=_KIND_ZH.get(route.destination.kind, route.destination.kind.value),
            target=route.destination.target,
        )
    calendars = {calendar.id for calendar in snapshot.calendars}
    prompts = {prompt.id for prompt in snapshot.prompts}
    groups = {group.id for group in snapshot.groups}
    for did in snapshot.dids:
        if did.calendar_id not in calendars:
            yield Problem("missing-calendar", did=did.number, calendar=did.calendar_id)
        if did.greeting_id is not None and did.greeting_id not in prompts:
            yield _no_prompt(f"did {did.number}", did.greeting_id)
    for menu in snapshot.menus:
        if menu.prompt_id not in prompts:
            yield _no_prompt(f"menu {menu.id}", menu.prompt_id)
    for agent in snapshot.agents:
        for membership in agent.memberships:
            if membership.group_id not in groups:
                yield Problem("missing-group", agent=agent.number, group=membership.group_id)
    yield from _cards(snapshot)
    overflows = {group.id: group.overflow for group in snapshot.groups}
    for circle in _circles(overflows):
        yield Problem("overflow-loop", groups=" → ".join(map(str, circle)))


def _cards(snapshot: Snapshot) -> Iterable[Problem]:
    """Lines whose callers reach nobody, clocks and kinds of line that contradict each other."""
    dids = {did.number for did in snapshot.dids}
    for port in snapshot.hardware.ports:
        if port.number and port.number not in dids:
            yield Problem("line-number-unknown", port=port.id, line=port.line, number=port.number)
    clocks: dict[int, Span] = {}
    modes: dict[str, Span] = {}
    for span in snapshot.hardware.spans:
        if span.timing and (other := clocks.setdefault(span.timing, span)) is not span:
            fields = {"span": span.id, "one": other.number, "other": span.number}
            yield Problem("clock-order-twice", place=span.timing, **fields)
        if span.kind is SpanKind.ANALOG and span.driver:
            other = modes.setdefault(span.driver, span)
            if other.line_mode is not span.line_mode:
                yield Problem("line-modes-differ", span=span.id, driver=span.driver)


def sounds(
    snapshot: Snapshot, generation: Generation, missing: Iterable[Sound]
) -> Iterable[Problem]:
    """Why each of the ``missing`` among the sounds that callers would hear isn't there."""
    by_sound = {prompt.sound: prompt for prompt in snapshot.prompts}
    for sound in missing:
        prompt = by_sound.get(sound.name)
        if prompt and not prompt.builtin and not _text(prompt, sound.language).strip():
            yield Problem(
                "missing-text",
                name=prompt.name,
                language_zh=_LANGUAGE_ZH[sound.language],
                language_en=_LANGUAGE_EN[sound.language],
            )
        else:
            yield Problem(
                "missing-sound",
                name=prompt.name if prompt else sound.name,
                sound=f"{sound.language}/{sound.name}",
                language_zh=_LANGUAGE_ZH[sound.language],
                language_en=_LANGUAGE_EN[sound.language],
            )


def music(silent: Iterable[Music]) -> Iterable[Problem]:
    """Music whose pieces aren't all on the box."""
    for one in silent:
        yield Problem("missing-music", name=one.name)


def order_kept(generation: Generation, live: Mapping[str, str]) -> Iterable[Problem]:
    """Queues that would ring in a fixed order but live already as another kind.

    app_queue takes the word on a reload and says it back, yet keeps the members hashed (init_queue
    makes the list only for a new queue), so they would ring in no order until Asterisk restarts.
    """
    for queue, strategy in generation.queues.items():
        if strategy == "linear" and live.get(queue, "linear") != "linear":
            yield Problem("linear-needs-restart", queue=queue)


def _text(prompt: Prompt, language: Language) -> str:
    return prompt.text_zh if language is Language.ZH else prompt.text_en


def _no_prompt(origin: str, prompt: int) -> Problem:
    return Problem("missing-prompt", where=_in_chinese(origin), where_en=origin, prompt=prompt)


def _in_chinese(origin: str) -> str:
    return " ".join(_ORIGIN_ZH.get(word, word) for word in origin.split())


def _circles(overflows: Mapping[int, Destination]) -> Iterable[tuple[int, ...]]:
    """Groups that overflow into each other for ever, each circle once, begun at its least id."""
    for start in sorted(overflows):
        way = [start]
        while (to := overflows.get(way[-1])) and to.kind is Kind.GROUP:
            if to.target == start and start == min(way):
                yield (*way, start)
            if to.target in way:
                break
            way.append(to.target)
