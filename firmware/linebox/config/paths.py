"""Every path of the box, once. A test may root them elsewhere by ``LINEBOX_ROOT``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The box's folders; docs/names.md says what lies in each."""

    root: Path
    #: Where systemd laid this daemon's credentials (``LoadCredential=``); None for root's tools.
    credentials: Path | None = None

    @property
    def data(self) -> Path:
        """What survives a restart; everything else is made anew at each boot."""
        return self.root / "data"

    @property
    def run(self) -> Path:
        return self.root / "run/linebox"

    @property
    def share(self) -> Path:
        return self.root / "usr/share/linebox"

    @property
    def journal(self) -> Path:
        return self.data / "journal"

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"

    @property
    def voicemails(self) -> Path:
        """Messages as Asterisk wrote them: ``<box>/<uniqueid>.alaw``."""
        return self.data / "asterisk/spool/voicemail"

    @property
    def recording_off(self) -> Path:
        """There while recording is forbidden, a line for each thing that is short of room."""
        return self.run / "recording-off"

    @property
    def banned(self) -> Path:
        """Who is kept out, and why: guardd's list."""
        return self.run / "guardd/banned.json"

    @property
    def generations(self) -> Path:
        return self.data / "generations"

    @property
    def secrets(self) -> Path:
        """The secrets that this process may read: a daemon its credentials, root all of them."""
        return self.credentials or self.vault

    @property
    def vault(self) -> Path:
        """All secrets of the box; nobody but root looks into it."""
        return self.data / "secrets"

    def own(self, daemon: str) -> Path:
        """What a daemon itself keeps across restarts, for its user alone: ``/data/own/webd``."""
        return self.data / "own" / daemon

    @property
    def prompts(self) -> Path:
        """Owner's prompts by language: ``prompts/zh/owner/12.alaw``."""
        return self.data / "prompts"

    def socket(self, daemon: str) -> Path:
        """The Unix socket of a daemon: ``/run/linebox/calld/api.sock``."""
        return self.run / daemon / "api.sock"


def paths() -> Paths:
    """Those of this process, as its environment says."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return Paths(
        root=Path(os.environ.get("LINEBOX_ROOT", "/")),
        credentials=Path(given) if given else None,
    )
