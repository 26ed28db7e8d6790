"""Where the exchange keeps things. Laid by ``exchange/install`` and systemd's prepare.py."""

from __future__ import annotations

from pathlib import Path

STATE = Path("/data/exchange")
CEL = STATE / "asterisk-log/cel-custom/exchange.json"
LOG = STATE / "log.jsonl"
PHONES = STATE / "phones.json"
PHONES_CONF = STATE / "pjsip_phones.conf"
HEARD = STATE / "heard"

RUN = Path("/run/linebox-exchange")
ADDRESSES = RUN / "addresses.json"
AMI_SECRET = RUN / "ami"
#: Lines beside SIP, where the machine has any (JSON): name → channel, with ``{called}`` in it.
LINES = RUN / "lines.json"

SHARE = Path("/usr/share/linebox-exchange")
CUSTOMERS = SHARE / "customers.toml"
VOICES = SHARE / "voices"
