"""Compile a snapshot of the settings into a generation: pure text to text, no disk, no Asterisk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources

from linebox.asterisk import names
from linebox.asterisk.confwriter import Code, Writer, section_names, sections
from linebox.compiler.generation import Generation, KeptBody, Route, Sound
from linebox.compiler.snapshot import Snapshot
from linebox.features.agents import compile as agents
from linebox.features.calendars import compile as calendars
from linebox.features.extensions import compile as extensions
from linebox.features.extensions.model import Extension
from linebox.features.ivr import compile as ivr
from linebox.features.limits import compile as limits
from linebox.features.lines import compile as lines
from linebox.features.lines import dahdi
from linebox.features.lines.model import CallerId, TrunkKind
from linebox.features.music import compile as music_on_hold
from linebox.features.numbering import compile as numbering
from linebox.features.recordings import compile as recordings
from linebox.features.routing import compile as routing
from linebox.model.destinations import Destination, Kind

#: Where Asterisk meets the files. Includes are by generation, not by ``current``: a generation is
#: whole, whatever the link says while it is read.
_ROOT = "/data/generations"

#: The hand-written library: package → files.
_LIBRARY = {
    "linebox.asterisk.dialplan": ("lb-core.conf", "lb-say.conf"),
    "linebox.features.numbering": ("dialplan.conf",),
    "linebox.features.ivr": ("dialplan.conf",),
    "linebox.features.routing": ("dialplan.conf",),
    "linebox.features.agents": ("dialplan.conf",),
    "linebox.features.extensions": ("dialplan.conf", "transfer.conf"),
    "linebox.features.lines": ("dialplan.conf",),
    "linebox.features.prompts": ("dialplan.conf",),
    "linebox.features.limits": ("dialplan.conf",),
    "linebox.features.recordings": ("dialplan.conf",),
    "linebox.features.surveys": ("dialplan.conf",),
    "linebox.features.voicemail": ("dialplan.conf",),
}

#: States of an order as ``ast.order_state`` gives them; each is a sound ``lb/order-<state>``.
ORDER_STATES = ("new", "paid", "shipped", "delivered", "cancelled")

_SOUND = re.compile(r"\blb/[a-z]+(?:-[a-z]+)*(?![\w/$-])")


def library() -> str:
    """The library as it goes into every generation, ``%H%`` still in it."""
    out = Writer()
    for package, files in _LIBRARY.items():
        for file in files:
            out.library(resources.files(package).joinpath(file).read_text("utf-8"))
    return out.text()


def build(snapshot: Snapshot, *, number: int, kept: Sequence[KeptBody] = ()) -> Generation:
    """Compile ``snapshot`` as generation ``number``.

    Equal settings give an equal ``hash`` whatever the number. A dangling destination doesn't stop
    the build: it stands in ``Generation.dangling`` for the checker to refuse. Raises
    ``ConfigError("unsafe-setting")`` when a value can't be written without becoming syntax.
    """
    body = library() + "\n" + _data(snapshot)
    queues = Writer()
    routing.queues(queues, snapshot.groups)
    own_queues = queues.text()
    pjsip = _pjsip(snapshot)
    music = _music(snapshot)
    cards = dahdi.files(
        snapshot.hardware,
        snapshot.trunks,
        snapshot.extensions,
        language=snapshot.language,
        time_zone=snapshot.time_zone,
    )
    sources = (body, own_queues, pjsip, music, _entries(snapshot, number=0), *cards.values())
    digest = hashlib.sha256("\0".join(sources).encode()).hexdigest()[:10]
    routes = tuple(_routes(snapshot))
    generation = Generation(
        number=number,
        hash=digest,
        files={
            f"body-{digest}.conf": body.replace(names.HASH, f"-{digest}"),
            "own-queues.conf": own_queues,
            "pjsip.conf": pjsip,
            "musiconhold.conf": music,
            **cards,
        },
        contexts=(),
        queues={},
        endpoints=(
            *(names.trunk(t.name) for t in snapshot.trunks if t.kind is TrunkKind.SIP),
            *(e.number for e in _by_sip(snapshot)),
            *(names.browser_phone(a.number) for a in snapshot.agents),
        ),
        staff=tuple(
            (language, agent.number)
            for agent in snapshot.agents
            for language in sorted({did.language for did in snapshot.dids})
        ),
        kept={},
        required_sounds=_sounds(snapshot, body),
        routes=routes,
        dangling=tuple(r for r in routes if not _exists(snapshot, r.destination)),
        groups=snapshot.groups,
        agents=snapshot.agents,
        trunks=snapshot.trunks,
        on_cards=_channels(snapshot),
        guarded=dahdi.guarded(snapshot.hardware),
    )
    return with_kept(snapshot, generation, kept)


def with_kept(snapshot: Snapshot, generation: Generation, kept: Sequence[KeptBody]) -> Generation:
    """The same generation with what must stay of earlier ones; nothing is compiled anew."""
    digest, number = generation.hash, generation.number
    others = [k for k in kept if k.hash != digest]
    made = ("queues.conf", "extensions.conf")
    files = {
        name: text
        for name, text in generation.files.items()
        if name not in made and not name.startswith("kept/")
    }
    files["extensions.conf"] = _extensions(snapshot, number, digest, others)
    all_queues = sections(files["own-queues.conf"])
    leftover: dict[str, str] = {}
    for old in others:
        files[f"kept/{old.hash}/body.conf"] = old.body
        files[f"kept/{old.hash}/queues.conf"] = old.queues
        for name, text in sections(old.queues).items():
            if name not in all_queues:
                leftover.setdefault(name, text)
    files["queues.conf"] = _queues(number, leftover)
    entries = section_names(files["extensions.conf"])
    contexts = [*names.STATIC_CONTEXTS, *entries, *section_names(files[f"body-{digest}.conf"])]
    for old in others:
        contexts += section_names(old.body)
    return replace(
        generation,
        files=files,
        contexts=tuple(dict.fromkeys(contexts)),
        queues={n: _strategy(text) for n, text in {**leftover, **all_queues}.items()},
        kept={old.number: old.hash for old in others},
    )


def _data(snapshot: Snapshot) -> str:
    """The compiled contexts: data that calls the library."""
    sounds = {prompt.id: prompt.sound for prompt in snapshot.prompts}
    out = Writer()
    lines.trunks(
        out,
        snapshot.trunks,
        hardware=snapshot.hardware,
        time_zone=snapshot.time_zone,
        company_number=numbering.company_number(snapshot.dids),
    )
    numbering.numbers(out, snapshot.dids, sounds)
    numbering.lists(out, snapshot.numbers)
    numbering.straight(out, ivr.straight(snapshot.menus))
    for calendar in snapshot.calendars:
        calendars.calendar(out, calendar, time_zone=snapshot.time_zone)
    for menu in snapshot.menus:
        ivr.menu(out, menu, sound=sounds.get(menu.prompt_id, "lb/fault"))
    routing.groups_data(out, snapshot.groups)
    routing.destinations(out, _reached(snapshot), {g.id: g for g in snapshot.groups})
    agents.agents(out, snapshot.agents)
    extensions.phones(out, snapshot.extensions, _channels(snapshot))
    limits.limits(out, snapshot.limits, time_zone=snapshot.time_zone)
    unrecorded = [group.id for group in snapshot.groups if not group.records]
    recordings.unrecorded(out, snapshot.recording, unrecorded)
    return out.text()


def _entries(snapshot: Snapshot, *, number: int) -> str:
    out = Writer()
    numbering.entries(
        out,
        snapshot.dids,
        generation=number,
        own_numbers=any(port.number for port in snapshot.hardware.ports),
        prefixes=any(trunk.did_prefix for trunk in snapshot.trunks),
        keys=any(port.caller_id is CallerId.DTMF_AFTER_RING for port in snapshot.hardware.ports),
    )
    extensions.entries(out, generation=number)
    agents.entries(out, generation=number)
    if _channels(snapshot):
        extensions.on_cards(out)
    return out.text()


def _extensions(snapshot: Snapshot, number: int, digest: str, kept: Sequence[KeptBody]) -> str:
    """extensions.conf: what has a stable name, and the includes of the bodies."""
    out = Writer()
    out.section(names.GENERATION)
    out.extension("s")
    out.step("NoOp", Code.of("<number> <digest>", number=number, digest=digest))
    text = out.text() + "\n" + _entries(snapshot, number=number).replace(names.HASH, f"-{digest}")
    includes = Writer()
    includes.include(f"{_ROOT}/gen-{number}/body-{digest}.conf")
    for old in kept:
        includes.include(f"{_ROOT}/gen-{number}/kept/{old.hash}/body.conf")
    return text + "\n" + includes.text()


def _queues(number: int, leftover: dict[str, str]) -> str:
    """queues.conf: our own, then those that only earlier generations' callers still wait in."""
    out = Writer()
    out.include(f"{_ROOT}/gen-{number}/own-queues.conf")
    return "\n".join([out.text(), *leftover.values()])


def _pjsip(snapshot: Snapshot) -> str:
    out = Writer()
    lines.endpoints(out, snapshot.trunks, language=snapshot.language, time_zone=snapshot.time_zone)
    extensions.endpoints(out, _by_sip(snapshot), language=snapshot.language)
    agents.endpoints(out, snapshot.agents, language=snapshot.language)
    return out.text()


def _channels(snapshot: Snapshot) -> dict[str, int]:
    """Extension → channel of the card's port that serves it."""
    telephones = snapshot.hardware.telephones()
    return {
        extension.number: telephones[extension.number].channel
        for extension in snapshot.extensions
        if extension.number in telephones
    }


def _by_sip(snapshot: Snapshot) -> list[Extension]:
    on_cards = _channels(snapshot)
    return [one for one in snapshot.extensions if one.number not in on_cards]


def _music(snapshot: Snapshot) -> str:
    out = Writer()
    music_on_hold.classes(
        out,
        snapshot.music,
        default=snapshot.sound_defaults.music_id,
        of_groups={group.id: group.music_id for group in snapshot.groups},
    )
    return out.text()


def _strategy(text: str) -> str:
    """The strategy said in a section of queues.conf."""
    return text.partition("strategy = ")[2].partition("\n")[0]


def _routes(snapshot: Snapshot) -> Iterator[Route]:
    for did in snapshot.dids:
        yield Route(origin=f"did {did.number}", destination=did.destination)
    for menu in snapshot.menus:
        for option in menu.options:
            if option.destination.kind is not Kind.REPEAT:
                origin = f"menu {menu.id} key {option.key}"
                yield Route(origin=origin, destination=option.destination)
        yield Route(origin=f"menu {menu.id} fallback", destination=menu.fallback)
    for group in snapshot.groups:
        yield Route(origin=f"group {group.id} overflow", destination=group.overflow)


def _reached(snapshot: Snapshot) -> tuple[Destination, ...]:
    """Every destination the dialplan can name: menus, groups, mailboxes, the rest once."""
    found = [
        *(Destination(kind=Kind.MENU, target=menu.id) for menu in snapshot.menus),
        *(Destination(kind=Kind.GROUP, target=group.id) for group in snapshot.groups),
        *(Destination(kind=Kind.VOICEMAIL, target=did.mailbox) for did in snapshot.dids),
        *(Destination(kind=kind) for kind in (Kind.VOICEMAIL, Kind.SELFSERVICE, Kind.HANGUP)),
        *(r.destination for r in _routes(snapshot) if _exists(snapshot, r.destination)),
    ]
    return tuple(dict.fromkeys(found))


def _exists(snapshot: Snapshot, to: Destination) -> bool:
    match to.kind:
        case Kind.MENU:
            return any(menu.id == to.target for menu in snapshot.menus)
        case Kind.GROUP:
            return any(group.id == to.target for group in snapshot.groups)
        case Kind.VOICEMAIL | Kind.SELFSERVICE | Kind.HANGUP | Kind.REPEAT:
            return True


def _sounds(snapshot: Snapshot, body: str) -> tuple[Sound, ...]:
    """What callers and agents can be played, per language that is spoken."""
    sounds = set(_SOUND.findall(body)) - {"lb/n", "lb/order"}
    sounds |= {f"lb/order-{state}" for state in ORDER_STATES}
    by_id = {prompt.id: prompt.sound for prompt in snapshot.prompts}
    used = [did.greeting_id for did in snapshot.dids] + [m.prompt_id for m in snapshot.menus]
    sounds |= {by_id[i] for i in used if i is not None and i in by_id}
    languages = {snapshot.language, *(did.language for did in snapshot.dids)}
    languages |= {agent.language for agent in snapshot.agents}
    return tuple(
        Sound(language=language, name=sound)
        for language in sorted(languages)
        for sound in sorted(sounds)
    )
