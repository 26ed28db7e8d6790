"""The exchange's Asterisk, steered over AMI: calls start and end here; the rest is dialplan.

What AMI tells (ringing, registered) is a picture for whoever looks on; the record is CEL (log.py).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from linebox.asterisk.ami import AmiClient, AmiRefused, Message, connected
from linebox.base.errors import LineboxError, Unavailable
from linebox_exchange import paths
from linebox_exchange.phones import Phone

_RINGING = "5"  # AST_STATE_RINGING: a 180 came
_EXT = re.compile(r"sip:([0-9]+)@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A call to begin. ``channel``: whom to dial; ``context``: what the answered leg then does."""

    id: str
    channel: str
    context: str
    caller: str
    name: str
    ring_s: float
    variables: dict[str, str]


class Switch:
    """One AMI connection, opened again whenever it is lost.

    ``on_ringing(leg)``, ``on_registered(ext, state)`` are called on the loop and must be quick;
    ``on_up`` runs after each connect.
    """

    def __init__(
        self,
        *,
        on_ringing: Callable[[str], None],
        on_registered: Callable[[str, str], None],
        on_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._on_ringing, self._on_registered, self._on_up = on_ringing, on_registered, on_up
        self._ami: AmiClient | None = None

    async def attempt(self) -> None:
        """Serve one connection; raises ``Unavailable`` when it is lost."""
        secret = await asyncio.to_thread(paths.AMI_SECRET.read_text)
        async with connected("exchange", secret, on_event=self._event) as ami:
            self._ami = ami
            try:
                await self._on_up()
                await ami.stay()
            finally:
                self._ami = None

    @property
    def up(self) -> bool:
        """Whether Asterisk is there."""
        return self._ami is not None

    def _client(self) -> AmiClient:
        if self._ami is None:
            raise Unavailable("asterisk-away", reason="not connected")
        return self._ami

    def _event(self, message: Message) -> None:
        if message.name == "Newstate" and message["ChannelState"] == _RINGING:
            self._on_ringing(message["Uniqueid"])
        elif message.name == "Registry" and (match := _EXT.search(message["Username"])):
            self._on_registered(match[1], message["Status"])

    async def start(self, call: Start) -> None:
        """Send the INVITE; returns at once. Raises ``Unavailable``, ``AmiRefused``."""
        number = "" if call.caller == "anonymous" else call.caller
        variables = [f"{key}={value}" for key, value in call.variables.items()]
        if call.caller == "anonymous":
            variables += ["CALLERID(pres)=prohib"]
        await self._client().action(
            "Originate",
            Channel=call.channel,
            ChannelId=call.id,
            Context=call.context,
            Exten="s",
            Priority="1",
            Async="true",
            Timeout=str(int(call.ring_s * 1000)),
            CallerID=f'"{call.name}" <{number}>',
            Codecs="alaw",
            Variable=variables,
        )

    async def hang_up(self, leg: str) -> bool:
        """False when it is gone already. Raises ``Unavailable``."""
        try:
            await self._client().action("Hangup", Channel=leg, Cause="16")
        except AmiRefused:
            return False
        return True

    async def set_variable(self, leg: str, name: str, value: str) -> bool:
        """False when the leg is gone. Raises ``Unavailable``."""
        try:
            await self._client().action("Setvar", Channel=leg, Variable=name, Value=value)
        except AmiRefused:
            return False
        return True

    async def legs(self) -> set[str]:
        """Unique ids of all channels there are. Raises ``Unavailable``."""
        listed = await self._client().listing("CoreShowChannels")
        return {message["Uniqueid"] for message in listed}

    async def registrations(self) -> dict[str, str]:
        """State by extension: ``Registered``, ``Unregistered``, ``Rejected``, …"""
        listed = await self._client().listing("PJSIPShowRegistrationsOutbound")
        found = {}
        for message in listed:
            if match := _EXT.search(message["ClientUri"]):
                found[match[1]] = message["Status"]
        return found

    async def set_phone(self, phone: Phone) -> None:
        """What the phone does when it rings, from the next call on."""
        await self._client().action(
            "DBPut", Family="phone", Key=phone.ext, Val=phone.behaviour_text()
        )

    async def forget_phone(self, ext: str) -> None:
        """It refuses calls from now on."""
        try:
            await self._client().action("DBDel", Family="phone", Key=ext)
        except AmiRefused:
            return

    async def reload_phones(self) -> None:
        """Read pjsip_phones.conf again: new phones register."""
        for module in ("res_pjsip.so", "res_pjsip_outbound_registration.so"):
            await self._client().command(f"module reload {module}")

    async def register(self, ext: str) -> None:
        """Register now rather than at the next turn."""
        try:
            await self._client().action("PJSIPRegister", Registration=f"phone-{ext}")
        except AmiRefused:  # it is not there yet; its own turn comes
            return

    async def unregister(self, ext: str) -> None:
        """Tell the registrar that the phone is gone; it doesn't come back by itself."""
        try:
            await self._client().action("PJSIPUnregister", Registration=f"phone-{ext}")
        except AmiRefused:
            return


async def pull(ports: list[int], *, out: bool) -> None:
    """Take UDP ports from the network (``out``) or give them back; both ways, without a word.

    Raises ``LineboxError("exchange-nft")``.
    """
    elements = ", ".join(map(str, ports))
    verb = "add" if out else "delete"
    process = await asyncio.create_subprocess_exec(
        "nft", verb, "element", "inet", "exchange", "pulled", f"{{ {elements} }}"
    )
    if await process.wait() != 0 and out:
        raise LineboxError("exchange-nft", ports=elements)
