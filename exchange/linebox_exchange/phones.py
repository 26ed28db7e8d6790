"""Practice phones: what is asked of them, their place, and Asterisk's configuration of them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from linebox_exchange import numbers


class Behaviour(StrEnum):
    """What a phone does when it rings."""

    ANSWER = "answer"
    RING = "ring"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One SIP phone with its agent. ``slot`` is its port and voice; ``talk_s`` None: stays."""

    ext: str
    secret: str
    slot: int
    agent: str = ""
    pin: str = ""
    behaviour: Behaviour = Behaviour.ANSWER
    ring_s: float = 2.0
    talk_s: float | None = 20.0

    @property
    def port(self) -> int:
        """Its SIP port on the phones' address."""
        return numbers.FIRST_PHONE_PORT + self.slot

    def behaviour_text(self) -> str:
        """As extensions.conf reads it from DB(phone/<ext>)."""
        talk_s = 3600.0 if self.talk_s is None else self.talk_s
        return f"{self.behaviour}:{self.ring_s:.3f}:{talk_s:.3f}:agent{self.slot}"

    def shown(self) -> dict[str, object]:
        """Without secrets."""
        return {
            "ext": self.ext,
            "agent": self.agent,
            "behaviour": self.behaviour,
            "ring_s": self.ring_s,
            "talk_s": self.talk_s,
            "tone_hz": numbers.agent_tone_hz(self.slot),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """All practice phones and the box at which they register."""

    registrar: str = ""
    phones: tuple[Phone, ...] = ()

    def find(self, ext: str) -> Phone | None:
        """None when there is no such phone."""
        return next((phone for phone in self.phones if phone.ext == ext), None)


def conf(phones: Phones, address: str) -> str:
    """pjsip_phones.conf: endpoint, credentials and registration of each, at ``address``.

    A call of the box is told to be for a phone by the port in its request URI: what the phone sends
    in that call then leaves from this port too, so the phone can be pulled from the network.
    """
    blocks = []
    host = address.replace(".", "\\.")
    for phone in phones.phones:
        name = f"phone-{phone.ext}"
        server = f"sip:{phones.registrar}"
        blocks.append(
            f"[{name}](line)\ncontext=phones\naors={name}\noutbound_auth={name}\n"
            f"transport=phone-{phone.slot}\nfrom_user={phone.ext}\nmedia_address={address}\n\n"
            f"[{name}]\ntype=aor\ncontact={server}\n\n"
            f"[{name}]\ntype=identify\nendpoint={name}\n"
            f"match_request_uri=/@{host}:{phone.port}/\n\n"
            f"[{name}]\ntype=auth\nauth_type=userpass\n"
            f"username={phone.ext}\npassword={phone.secret}\n\n"
            f"[{name}]\ntype=registration\ntransport=phone-{phone.slot}\noutbound_auth={name}\n"
            f"server_uri={server}\nclient_uri=sip:{phone.ext}@{phones.registrar}\n"
            f"contact_user={phone.ext}\nexpiration=120\nretry_interval=5\n"
            "forbidden_retry_interval=30\nmax_retries=10000\nauth_rejection_permanent=no\n"
            "max_random_initial_delay=1\n"
        )
    return "\n".join(blocks)


def load(path: Path) -> Phones:
    """What ``save`` kept; none when there is no file."""
    if not path.exists():
        return Phones()
    data = json.loads(path.read_text())
    phones = tuple(
        Phone(**(each | {"behaviour": Behaviour(each["behaviour"])})) for each in data["phones"]
    )
    return Phones(registrar=data["registrar"], phones=phones)


def save(path: Path, text: str) -> None:
    """Whole or not at all; readable by the exchange alone, for it holds secrets."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def as_text(phones: Phones) -> str:
    """The text that ``load`` reads."""
    return json.dumps(asdict(phones))
