"""Agents → dialplan: PIN hashes and the groups each may join; who has joined is Asterisk's own."""

from __future__ import annotations

from collections.abc import Iterable

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context, queue
from linebox.features.agents.model import Agent


def agents(out: Writer, all_agents: Iterable[Agent]) -> None:
    """``lb-agent``: Gosub by staff number."""
    out.section(context("agent"))
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
