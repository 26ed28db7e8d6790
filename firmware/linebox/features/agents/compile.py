"""Agents → dialplan (PIN hashes, the groups each may join) and pjsip.conf (their browser phones).

Who has joined is Asterisk's own, and a browser phone's password is calld's (``phones.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import FROM_PHONE, browser_phone, context, queue
from linebox.features.agents.model import PAUSE_REASONS, Agent
from linebox.model.languages import Language

#: A page that is closed or reloaded is silent from then on: so soon its leg counts as lost, and the
#: caller comes back (features/routing/dialplan.conf). A browser sends all the time, muted too.
_SILENCE_S = 4

#: Feature code → routine and what it is told as LB_REASON (docs/names.md, "Browser phone").
_CODES = {
    "*11": ("login", ""),
    "*12": ("logout", ""),
    "*13": ("pause", ""),
    **{f"*13{key}": ("pause", reason) for key, reason in enumerate(PAUSE_REASONS, 1)},
    "*14": ("unpause", ""),
    "*15": ("wrapup", ""),
}


def entries(out: Writer, *, generation: int) -> None:
    """The feature codes of ``from-phone`` by which agents act on themselves."""
    out.section(FROM_PHONE)
    for code, (routine, reason) in _CODES.items():
        out.extension(code)
        out.step("Set", Code.of("__LB_GEN=<number>", number=generation))
        if reason:
            out.step("Set", Code.of("LB_REASON=<reason>", reason=reason))
        out.step("Goto", context(routine), "s", 1)


def agents(out: Writer, all_agents: Iterable[Agent]) -> None:
    """``lb-agent``: Gosub by staff number."""
    out.section(context("agent"))
    out.extension("none")  # so that nobody is a context that can be read back
    out.step("Return")
    for agent in all_agents:
        groups = "&".join(f"{queue(m.group_id)}:{m.penalty}" for m in agent.memberships)
        out.extension(agent.number)
        out.step(
            "MSet",
            Code.of("LB_A_SALT=<salt>", salt=agent.pin_salt),
            Code.of("LB_A_HASH=<hash>", hash=agent.pin_hash),
            Code.of("LB_A_GROUPS=<groups>", groups=groups) if groups else Code("LB_A_GROUPS="),
            Code.of("LB_A_LANG=<language>", language=agent.language),
        )
        out.step("Return")


def endpoints(out: Writer, all_agents: Iterable[Agent], *, language: Language) -> None:
    """pjsip.conf: a browser phone for each agent. Its auth isn't here: without one in astdb nobody
    gets in. One page a phone, as ``features/extensions`` has it of telephones."""
    for agent in all_agents:
        name = browser_phone(agent.number)
        out.section(name)
        out.pair("type", "endpoint")
        out.pair("context", FROM_PHONE)
        out.pair("disallow", "all")
        out.pair("allow", "alaw,ulaw")
        out.pair("auth", name)
        out.pair("aors", name)
        out.pair("callerid", f"<{agent.number}>")
        out.pair("language", language)
        out.pair("set_var", f"LB_OWN={name}")
        out.pair("webrtc", "yes")
        out.pair("dtls_auto_generate_cert", "yes")
        out.pair("direct_media", "no")
        out.pair("rtp_timeout", _SILENCE_S)
        out.pair("allow_transfer", "yes")
        out.section(name)
        out.pair("type", "aor")
        out.pair("max_contacts", 1)
        out.pair("remove_existing", "yes")
        out.pair("minimum_expiration", 30)
        out.pair("default_expiration", 120)
        out.pair("maximum_expiration", 600)
        out.pair("qualify_frequency", 15)
