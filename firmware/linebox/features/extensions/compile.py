"""Extensions → dialplan and pjsip.conf (TEL-5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import FROM_FXS, FROM_PHONE, channel, context, mailbox
from linebox.features.extensions.model import Extension
from linebox.features.extensions.service import caller_name
from linebox.model.languages import Language

#: Feature code → routine. Those of agents are compiled by their own feature.
_CODES = {"*43": "echo"}


def entries(out: Writer, *, generation: int) -> None:
    """``from-phone``: feature codes, and everything else as an extension's number."""
    out.section(FROM_PHONE)
    for code, routine in _CODES.items():
        out.extension(code)
        out.step("Set", Code.of("__LB_GEN=<number>", number=generation))
        out.step("Goto", context(routine), "s", 1)
    out.extension(Code("_[0-9*#+][0-9*#+]!"), pattern=True)
    out.step("Set", Code.of("__LB_GEN=<number>", number=generation))
    out.step("Set", Code("LB_TO=${EXTEN}"))
    out.step("Goto", context("phone"), "s", 1)


def on_cards(out: Writer) -> None:
    """``from-fxs``: a telephone on a card sends its digits one by one, so that what could be longer
    waits for the next (``matchdigit_timeout``), where ``from-phone`` takes a number as whole."""
    out.section(FROM_FXS)
    out.extension(Code("_[0-9*#]."), pattern=True)
    out.step("Goto", FROM_PHONE, Code("${EXTEN}"), 1)


def phones(out: Writer, extensions: Iterable[Extension], ports: Mapping[str, int]) -> None:
    """``lb-ext``: which numbers are extensions; ``lb-device``: the interfaces of those that a
    card's port serves (``ports``: number → DAHDI's channel); ``lb-card``: back from the channel."""
    out.section(context("ext"))
    out.extension("none")  # so that a house without telephones is a context that can be read back
    out.step("Return")
    for extension in extensions:
        out.extension(extension.number)
        out.step("Return")
    if ports:
        out.section(context("device"))
    for number, dahdi in ports.items():
        out.extension(number)
        out.step("Set", Code.of("LB_DEVICE=<interface>", interface=channel(dahdi)))
        out.step("Return")
    if ports:
        out.section(context("card"))
    for number, dahdi in ports.items():
        out.extension(str(dahdi))
        out.step("Return", number)


def endpoints(out: Writer, extensions: Iterable[Extension], *, language: Language) -> None:
    """pjsip.conf. One phone an extension; a new registration takes the place of the old one, so
    that a phone that was moved or restarted is reachable at once."""
    for extension in extensions:
        out.section(extension.number)
        out.pair("type", "endpoint")
        out.pair("context", FROM_PHONE)
        out.pair("disallow", "all")
        out.pair("allow", "alaw,ulaw")
        out.pair("auth", extension.number)
        out.pair("aors", extension.number)
        out.pair("callerid", f'"{caller_name(extension)}" <{extension.number}>')
        out.pair("language", language)
        out.pair("set_var", f"LB_OWN={extension.number}")
        out.pair("direct_media", "no")
        out.pair("rtp_symmetric", "yes")
        out.pair("force_rport", "yes")
        out.pair("rtp_timeout", 20)
        out.pair("device_state_busy_at", 1)
        out.pair("allow_transfer", "yes")
        out.pair("mailboxes", mailbox(extension.number))
        out.pair("mwi_subscribe_replaces_unsolicited", "yes")
        out.section(extension.number)
        out.pair("type", "auth")
        out.pair("auth_type", "userpass")
        out.pair("username", extension.number)
        out.pair("password", extension.secret)
        out.section(extension.number)
        out.pair("type", "aor")
        out.pair("max_contacts", 1)
        out.pair("mailboxes", mailbox(extension.number))
        out.pair("remove_existing", "yes")
        out.pair("minimum_expiration", 30)
        out.pair("default_expiration", 120)
        out.pair("maximum_expiration", 600)
        out.pair("qualify_frequency", 15)
