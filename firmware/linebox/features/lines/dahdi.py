"""Cards → the files of DAHDI and chan_dahdi.conf (TEL-1, TEL-2, TEL-3).

Every card that was ever found is in them, so that one which is put back finds its lines as they
were. What a line *is* and how it is signalled can't be changed under Asterisk's hands:
``units.json`` tells boardd which channels belong together, and whether they are other ones now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Final

from linebox.asterisk import names
from linebox.asterisk.confwriter import Writer, word
from linebox.features.extensions.model import Extension
from linebox.features.extensions.service import caller_name
from linebox.features.lines.model import (
    E1_SIGNALLING,
    CallerId,
    Choice,
    Echo,
    Hardware,
    LineMode,
    Port,
    PortKind,
    Signalling,
    Span,
    SpanKind,
    Trunk,
    TrunkKind,
    slots,
)
from linebox.features.lines.quiet import BOUND_S
from linebox.model.languages import Language

SYSTEM: Final = "dahdi/system.conf"
ASSIGNED: Final = "dahdi/assigned-spans.conf"
TYPES: Final = "dahdi/span-types.conf"
MODULES: Final = "dahdi/modprobe.conf"
UNITS: Final = "dahdi/units.json"
TUNES: Final = "dahdi/fxotune.conf"
CHANNELS: Final = "asterisk/chan_dahdi.conf"

_CANCELLERS: Final = {Echo.SOFTWARE: "mg2", Echo.CARD: "hwec"}
#: The modules of analog cards that know ``opermode`` (fxo_modes.h).
_WITH_MODES: Final = frozenset({"wctdm", "wcaxx", "wctdm24xxp", "opvxa1200", "xpp_usb"})
#: An Astribank's module has the option in its lines' own.
_MODES_IN: Final = {"xpp_usb": "xpd_fxo"}
#: The impedance (ACIM) that each means, fxo_modes.h.
_COUNTRY: Final = {
    LineMode.CHINA: 15,
    LineMode.HONGKONG: 0,
    LineMode.MACAO: 0,
    LineMode.TAIWAN: 0,
    LineMode.FCC: 0,
    LineMode.TBR21: 2,
}
#: The modules of E1 cards that are T1 ones unless told.
_OF_BOTH_KINDS: Final = frozenset({"wct4xxp", "wcte13xp", "wcte43x"})
#: Buffers the digits that an exchange sends before it rings (opvxa1200/base.c).
_BEFORE_RING: Final = "opvxa1200"
#: Local, yet with framing and a clock to set (image/dkms/dahdi-lbsim).
_SIMULATED: Final = "dahdi_lbsim"
_SIGNALLING: Final = {
    Signalling.PRI_USER: "pri_cpe",
    Signalling.PRI_NETWORK: "pri_net",
    Signalling.R2: "mfcr2",
}
#: An R2 channel that Asterisk doesn't have yet: blocked; China's bits C and D are both 1.
_R2_IDLE: Final = "1111"
#: ``cidsignalling``, ``cidstart`` of chan_dahdi.
_CALLER_ID: Final = {
    CallerId.FSK: ("bell", "ring"),
    CallerId.DTMF_BEFORE_RING: ("dtmf", "dtmf"),
    CallerId.POLARITY: ("dtmf", "polarity"),
}
#: How a telephone is told that messages wait, beside another dial tone: FSK (Bell 202) without a
#: ring. High voltage for a neon lamp (``hvac``, ``hvdc``) isn't for a telephone that nobody knows.
_WAITING: Final = "fsk"
#: A reversal sooner after the answer, in ms, is its echo and no hang-up.
_POLARITY_MS: Final = 600
#: chan_dahdi's groups are numbered 0 to 63.
GROUPS_MAX: Final = 63

type Pairs = Sequence[tuple[str, str | int]]


def groups(trunks: Iterable[Trunk]) -> dict[int, int]:
    """Trunk of cards → chan_dahdi's group."""
    of_cards = (trunk.id for trunk in trunks if trunk.kind is not TrunkKind.SIP)
    return {id_: n for n, id_ in enumerate(of_cards, 1)}


def dialled(trunk: Trunk, group: int) -> str:
    """How Dial chooses a free channel (chan_dahdi.c, ``determine_starting_point``); the least used
    one is chosen by ``lb-least``, which falls back to this."""
    return f"{'r' if trunk.choice is Choice.ROUND else 'g'}{group}"


def counted(trunks: Iterable[Trunk], hardware: Hardware) -> dict[int, list[int]]:
    """Trunk whose least used line is taken → DAHDI's channels of its lines."""
    return {
        trunk.id: [port.channel for port in hardware.ports if port.trunk_id == trunk.id]
        for trunk in trunks
        if trunk.choice is Choice.LEAST_USED
    }


def guarded(hardware: Hardware) -> dict[int, Port]:
    """DAHDI's channel → the line whose calls end when nobody is heard."""
    return {
        port.channel: port
        for port in hardware.ports
        if port.trunk_id is not None and port.quiet_min > 0
    }


def channels(numbers: Iterable[int]) -> str:
    """``1-15,17-31``."""
    runs = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    found = ([number for _, number in run] for _, run in runs)
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)


def files(
    hardware: Hardware,
    trunks: Sequence[Trunk],
    extensions: Sequence[Extension],
    *,
    language: Language,
    time_zone: str,
) -> dict[str, str]:
    """Path in a generation → text; none before the first card is found."""
    if not hardware.spans:
        return {}
    ports = {
        span.id: [port for port in hardware.ports if port.span_id == span.id]
        for span in hardware.spans
    }
    made = _Channels(trunks, extensions, language=language, time_zone=time_zone)
    system = Writer()
    system.setting("loadzone", "cn")
    system.setting("defaultzone", "cn")
    units: list[dict[str, object]] = []
    asterisk = Writer()
    for span in hardware.spans:
        if span.kind is SpanKind.E1:
            for key, value in (*_spanned(span), *_e1(span)):
                system.setting(key, value)
            own = made.e1(span)
            _section(asterisk, f"span-{span.number}", own)
            units.append(_unit(span, range(1, span.channels + 1), _e1(span), own))
            continue
        for key, value in _spanned(span):
            system.setting(key, value)
        for port in ports[span.id]:
            for key, value in _analog(port):
                system.setting(key, value)
            own = made.port(port)
            _section(asterisk, f"line-{port.line}", own)
            units.append(_unit(span, [port.position], _analog(port), own) | _tuning(span, port))
    tunes = _tunes(hardware.ports)
    return {
        SYSTEM: system.text(),
        ASSIGNED: _assigned(hardware.spans),
        TYPES: _types(hardware.spans),
        MODULES: _modules(hardware, ports),
        UNITS: json.dumps({"units": units}, indent=1) + "\n",
        CHANNELS: asterisk.text(),
        **({TUNES: tunes} if tunes else {}),
    }


# -- DAHDI -----------------------------------------------------------------------------------------


def _spanned(span: Span) -> Pairs:
    """A local span is made by who lays it, and has nothing to configure; a simulated card's has."""
    local = span.bus == "local" and span.driver != _SIMULATED
    if local or span.kind is not SpanKind.E1:
        return ()
    frame = "cas" if span.signalling is Signalling.R2 else "ccs"
    crc4 = ",crc4" if span.crc4 else ""
    return (("span", f"{span.number},{span.timing},0,{frame},{span.line_code}{crc4}"),)


def _e1(span: Span) -> Pairs:
    voice = channels(_voice(span))
    if span.signalling is Signalling.R2:
        lines: list[tuple[str, str]] = [("cas", f"{voice}:{_R2_IDLE}")]
    else:
        lines = [("bchan", voice), ("dchan", str(span.first_channel + E1_SIGNALLING - 1))]
    return (*lines, *_echo(span.echo, voice))


def _voice(span: Span) -> Iterator[int]:
    """Its bearer channels, blocked ones too."""
    return (
        span.first_channel + slot - 1
        for slot in range(1, span.channels + 1)
        if slot != E1_SIGNALLING
    )


def _analog(port: Port) -> Pairs:
    """What faces an exchange behaves as a telephone does (FXS signalling), and the other way."""
    signalling = "fxsks" if port.kind is PortKind.FXO else "fxoks"
    return ((signalling, str(port.channel)), *_echo(port.echo, str(port.channel)))


def _echo(echo: Echo, there: str) -> Pairs:
    return ((("echocanceller", f"{_CANCELLERS[echo]},{there}"),)) if echo in _CANCELLERS else ()


def _assigned(spans: Iterable[Span]) -> str:
    """Card, place on it, DAHDI's number and first channel (dahdi_span_assignments)."""
    return "".join(
        f"{word(span.card_key)} {span.position}:{span.number}:{span.first_channel}\n"
        for span in spans
    )


def _types(spans: Iterable[Span]) -> str:
    return "".join(
        f"{word(span.card_key)} {span.position}:E1\n" for span in spans if span.kind is SpanKind.E1
    )


def _modules(hardware: Hardware, ports: Mapping[int, Sequence[Port]]) -> str:
    """Options of kernel modules; they count when a module is loaded."""
    options: dict[str, str] = {}
    if any(card.bus != "local" for card in hardware.cards):
        options["dahdi"] = "auto_assign_spans=0"
    for span in hardware.spans:
        if span.driver in _WITH_MODES and span.kind is SpanKind.ANALOG:
            said = f"opermode={span.line_mode.upper()}"
            before = any(port.caller_id is CallerId.DTMF_BEFORE_RING for port in ports[span.id])
            if span.driver == _BEFORE_RING and before:
                said += " cidbeforering=1"
            options.setdefault(_MODES_IN.get(span.driver, span.driver), said)
        elif span.driver in _OF_BOTH_KINDS:
            options[span.driver] = "default_linemode=e1"
    return "".join(f"options {word(name)} {said}\n" for name, said in sorted(options.items()))


def _tunes(ports: Iterable[Port]) -> str:
    """What fxotune sets before Asterisk's start: channel, ACIM, the chip's own hybrid off. A port
    that isn't in it has its country's, by ``opermode``."""
    return "".join(
        f"{port.channel}={port.impedance}{',0' * 8}\n"
        for port in ports
        if port.kind is PortKind.FXO and port.impedance is not None
    )


def _tuning(span: Span, port: Port) -> dict[str, object]:
    if port.kind is not PortKind.FXO:
        return {}
    country = _COUNTRY[span.line_mode]
    own = country if port.impedance is None else port.impedance
    return {"tuning": {"country": country, "set": own}}


# -- Asterisk --------------------------------------------------------------------------------------

#: What chan_dahdi takes up only when it makes a channel (chan_dahdi.c, ``process_dahdi``); all else
#: by a reload.
_AT_MAKING: Final = (
    "signalling",
    "switchtype",
    "pri",
    "internationalprefix",
    "nationalprefix",
    "overlapdial",
    "resetinterval",
    "mfcr2_",
    "rxflash",
    "dahdichan",
)


class _Channels:
    """Sections of chan_dahdi.conf. Static text in ``asterisk/static/chan_dahdi.conf`` has what
    holds for every channel."""

    def __init__(
        self,
        trunks: Sequence[Trunk],
        extensions: Sequence[Extension],
        *,
        language: Language,
        time_zone: str,
    ) -> None:
        self._trunks = {trunk.id: trunk for trunk in trunks}
        self._groups = groups(trunks)
        self._extensions = {extension.number: extension for extension in extensions}
        self._language = language
        self._time_zone = time_zone

    def e1(self, span: Span) -> Pairs:
        """Empty for one that belongs to no trunk."""
        trunk = self._trunks.get(span.trunk_id or 0)
        if trunk is None:
            return ()
        blocked = {span.first_channel + slot - 1 for slot in slots(span.blocked)}
        open_ = [channel for channel in _voice(span) if channel not in blocked]
        if not open_:
            return ()
        signalling = _r2(span) if span.signalling is Signalling.R2 else _pri(span)
        return (
            *self._trunk(trunk),
            ("signalling", _SIGNALLING[span.signalling]),
            *signalling,
            ("echocancel", _yes(span.echo is not Echo.OFF)),
            ("dahdichan", channels(open_)),
        )

    def port(self, port: Port) -> Pairs:
        """Empty for one that belongs to no trunk or serves no extension."""
        own = self._fxo(port) if port.kind is PortKind.FXO else self._fxs(port)
        if not own:
            return ()
        return (
            *own,
            ("rxgain", f"{port.rx_gain_db:.1f}"),
            ("txgain", f"{port.tx_gain_db:.1f}"),
            ("echocancel", _yes(port.echo is not Echo.OFF)),
            ("dahdichan", port.channel),
        )

    def _trunk(self, trunk: Trunk) -> Pairs:
        """The account code is the trunk's name in the journal and in AMI's events."""
        prefix = (("setvar", f"LB_T_PREFIX={trunk.did_prefix}"),) if trunk.did_prefix else ()
        return (
            ("context", names.FROM_TRUNK),
            ("language", self._language),
            ("accountcode", names.trunk(trunk.name)),
            ("group", self._groups[trunk.id]),
            ("setvar", f"LB_TRUNK={trunk.name}"),
            ("setvar", f"LB_T_MAX={trunk.max_calls}"),
            ("setvar", f"LB_TZ={self._time_zone}"),
            *prefix,
        )

    def _fxo(self, port: Port) -> Pairs:
        trunk = self._trunks.get(port.trunk_id or 0)
        if trunk is None:
            return ()
        own = (("setvar", f"LB_LINE_NUMBER={port.number}"),) if port.number else ()
        least = trunk.choice is Choice.LEAST_USED
        counted = (("setvar", f"LB_T_COUNTED={port.channel}"),) if least else ()
        bound = (("setvar", f"TIMEOUT(absolute)={BOUND_S}"),) if port.quiet_min else ()
        return (
            *self._trunk(trunk),
            *own,
            *counted,
            *bound,
            ("signalling", "fxs_ks"),
            *_caller_id(port.caller_id),
            ("answeronpolarityswitch", _yes(port.answer_polarity)),
            ("hanguponpolarityswitch", _yes(port.hangup_polarity)),
            ("polarityonanswerdelay", _POLARITY_MS),
            ("busydetect", _yes(port.hangup_busy)),
            ("busycount", port.busy_count),
            ("busypattern", _as_counted(port.busy_pattern)),
        )

    def _fxs(self, port: Port) -> Pairs:
        extension = self._extensions.get(port.extension or "")
        if extension is None:
            return ()
        return (
            ("context", names.FROM_FXS),
            ("language", self._language),
            ("accountcode", extension.number),
            ("setvar", f"LB_OWN={extension.number}"),
            ("callerid", f'"{caller_name(extension)}" <{extension.number}>'),
            ("signalling", "fxo_ks"),
            ("usecallerid", _yes(port.shows_caller)),
            ("cidsignalling", "bell"),
            ("mailbox", names.mailbox(extension.number)),
            ("mwisendtype", _WAITING),
            ("threewaycalling", _yes(port.flash)),
            ("transfer", _yes(port.flash)),
            ("rxflash", port.flash_ms),
        )


def _pri(span: Span) -> Pairs:
    """Numbers that come as national or international ones get what is dialled before such."""
    return (
        ("switchtype", "euroisdn"),
        ("pridialplan", span.called_plan),
        ("prilocaldialplan", span.caller_plan),
        ("internationalprefix", "00"),
        ("nationalprefix", "0"),
        ("overlapdial", _yes(span.overlap)),
        ("resetinterval", "never"),
    )


def _r2(span: Span) -> Pairs:
    return (
        ("mfcr2_variant", "cn"),
        ("mfcr2_max_ani", span.r2_caller_digits),
        ("mfcr2_max_dnis", span.r2_called_digits),
        ("mfcr2_get_ani_first", "no"),
        ("mfcr2_category", "national_subscriber"),
        ("mfcr2_mfback_timeout", "-1"),
        ("mfcr2_metering_pulse_timeout", "-1"),
        ("mfcr2_logdir", f"span{span.number}"),
        ("mfcr2_logging", "error"),
    )


def _as_counted(pattern: str) -> str:
    """Asterisk counts whole frames of 20 ms, and one with a little tone in it as tone: 350/350 is
    heard as 360/340 or 380/320. Its ±7 % (dsp.c) around what was entered miss the latter: 8 of 24
    calls never ended on the simulated exchange, none of 24 with the middle of the two."""
    return ",".join(
        str(int(ms) + (-10 if place % 2 else 10)) for place, ms in enumerate(pattern.split(","))
    )


def _caller_id(scheme: CallerId) -> Pairs:
    if scheme is CallerId.OFF:
        return (("usecallerid", "no"),)
    if scheme is CallerId.DTMF_AFTER_RING:  # chan_dahdi has no such way: lb-caller reads it
        return (("usecallerid", "no"), ("setvar", "LB_T_KEYS=1"))
    signalling, start = _CALLER_ID[scheme]
    return (("usecallerid", "yes"), ("cidsignalling", signalling), ("cidstart", start))


def _section(out: Writer, name: str, pairs: Pairs) -> None:
    if pairs:
        out.section(name)
        for key, value in pairs:
            out.pair(key, value)


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _unit(span: Span, positions: Sequence[int], dahdi: Pairs, asterisk: Pairs) -> dict[str, object]:
    """What is taken out of service together. ``dahdi``, ``asterisk``: digests of what only comes
    true when the channels are made anew; ``asterisk`` null: Asterisk has none of them."""
    made = [pair for pair in asterisk if pair[0].startswith(_AT_MAKING)]
    first, last = (span.first_channel + at - 1 for at in (positions[0], positions[-1]))
    return {
        "span": span.key,
        "number": span.number,
        "first": first,
        "last": last,
        "dahdi": _digest((*_spanned(span), *dahdi)),
        "asterisk": _digest(made) if made else None,
    }


def _digest(pairs: Pairs) -> str:
    return sha256(repr(tuple(pairs)).encode()).hexdigest()[:10]
