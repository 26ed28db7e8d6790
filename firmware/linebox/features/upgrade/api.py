"""Updates over HTTP; hostd does the acts. Who may change the network may do them."""

from __future__ import annotations

from typing import Final

from linebox.base.endpoints import endpoint
from linebox.base.shapes import render
from linebox.features.host.client import Hostd
from linebox.features.upgrade.model import BoxRestarting, BoxRestartWish, InstallWish, Update

_SEE: Final = "host.see"
_CHANGE: Final = "host.change"
#: A stick is mounted for it, and RAUC may have to be started first.
_LOOK_S: Final = 60.0
_INSTALL_S: Final = 120.0


@endpoint(
    "GET",
    "/api/update",
    "The two slots, what is being installed, bundles on USB sticks",
    timeout_s=_LOOK_S + 5,
    right=_SEE,
)
async def get_update(hostd: Hostd) -> Update:
    """`slots` is empty on a box that wasn't started from a disk with two slots."""
    return await hostd.get(Update, "/update", limit_s=_LOOK_S)


@endpoint(
    "POST",
    "/api/update/install",
    "Install a bundle of the USB stick into the slot that doesn't run",
    timeout_s=_INSTALL_S + 5,
    errors=(409,),
    right=_CHANGE,
)
async def install_update(body: InstallWish, hostd: Hostd) -> Update:
    """Answers when it has begun: `doing` is `installing` until it is done. Calls go on."""
    return await hostd.post(Update, "/update/install", render(body), limit_s=_INSTALL_S)


@endpoint(
    "POST",
    "/api/update/back",
    "Have the version before start next",
    timeout_s=_LOOK_S + 5,
    errors=(409,),
    right=_CHANGE,
)
async def go_back_to_version(hostd: Hostd) -> Update:
    return await hostd.post(Update, "/update/back", {}, limit_s=_LOOK_S)


@endpoint(
    "POST",
    "/api/update/restart",
    "Restart the box",
    timeout_s=_LOOK_S + 5,
    errors=(409,),
    right=_CHANGE,
)
async def restart_box(body: BoxRestartWish, hostd: Hostd) -> BoxRestarting:
    """Refused with calls in progress, unless they may be cut. It goes down a second after the
    answer."""
    return await hostd.post(BoxRestarting, "/update/restart", render(body), limit_s=_LOOK_S)


ENDPOINTS = (get_update, install_update, go_back_to_version, restart_box)
