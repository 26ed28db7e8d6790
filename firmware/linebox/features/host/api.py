"""Network, certificates, clock and restarts over HTTP; hostd does the acts."""

from __future__ import annotations

from linebox.base.endpoints import endpoint
from linebox.base.shapes import render
from linebox.features.host.client import Hostd
from linebox.features.host.model import (
    AcmeWish,
    Certificates,
    Clock,
    ClockWish,
    Network,
    NetworkArmed,
    NetworkToken,
    NetworkWish,
    Restarted,
    RestartWish,
    UnitName,
    UploadWish,
)


@endpoint("GET", "/api/network", "The box's network ports and a change that waits")
async def get_network(hostd: Hostd) -> Network:
    return await hostd.get(Network, "/network")


@endpoint(
    "POST",
    "/api/network",
    "Change a port's address, with a way back",
    timeout_s=25.0,
    errors=(409,),
)
async def change_network(body: NetworkWish, hostd: Hostd) -> NetworkArmed:
    """Made a second after the answer. Calls that talk over the old address lose their voice."""
    return await hostd.post(NetworkArmed, "/network", render(body))


@endpoint(
    "POST",
    "/api/network/confirm",
    "The new address works: keep it",
    needs_session=False,
    errors=(409,),
)
async def confirm_network(body: NetworkToken, hostd: Hostd) -> Network:
    """No session: a browser has none at a new address. The token, told once to who asked for the
    change, is the proof."""
    return await hostd.post(Network, "/network/confirm", render(body))


@endpoint("POST", "/api/network/back", "Put the old address back at once", errors=(409,))
async def put_network_back(hostd: Hostd) -> Network:
    return await hostd.post(Network, "/network/back", {})


@endpoint("GET", "/api/certificates", "The certificate in use and the box's own authority")
async def get_certificates(hostd: Hostd) -> Certificates:
    return await hostd.get(Certificates, "/certificates")


@endpoint(
    "POST",
    "/api/certificates/upload",
    "Use a certificate of the owner's",
    max_bytes=256 * 1024,
    timeout_s=35.0,
)
async def upload_certificate(body: UploadWish, hostd: Hostd) -> Certificates:
    return await hostd.post(Certificates, "/certificates/upload", render(body))


@endpoint(
    "POST",
    "/api/certificates/renew",
    "A new certificate of the box's own authority",
    timeout_s=35.0,
)
async def renew_certificate(hostd: Hostd) -> Certificates:
    """Also the way back from an uploaded one, and from one by ACME, which ends."""
    return await hostd.post(Certificates, "/certificates/renew", {})


@endpoint(
    "POST",
    "/api/certificates/acme",
    "Ask a public authority for the certificate, and renew it from now on (ACME)",
    timeout_s=35.0,
    errors=(409,),
)
async def ask_for_certificate(body: AcmeWish, hostd: Hostd) -> Certificates:
    """The answer comes within minutes: `acme.state` is `asking` until then."""
    return await hostd.post(Certificates, "/certificates/acme", render(body))


@endpoint(
    "POST",
    "/api/certificates/acme/off",
    "Ask no public authority any longer",
    timeout_s=35.0,
)
async def stop_asking_for_certificate(hostd: Hostd) -> Certificates:
    """The certificate that came by it is replaced by one of the box's own authority."""
    return await hostd.post(Certificates, "/certificates/acme/off", {})


@endpoint("GET", "/api/clock", "The box's clock")
async def get_clock(hostd: Hostd) -> Clock:
    return await hostd.get(Clock, "/clock")


@endpoint("POST", "/api/clock", "Set the clock, or where the time comes from", errors=(409,))
async def set_clock(body: ClockWish, hostd: Hostd) -> Clock:
    return await hostd.post(Clock, "/clock", render(body))


@endpoint(
    "POST",
    "/api/services/{unit}/restart",
    "Restart a part of the box",
    timeout_s=60.0,
    errors=(404, 409),
)
async def restart_service(unit: UnitName, body: RestartWish, hostd: Hostd) -> Restarted:
    return await hostd.post(Restarted, f"/services/{unit}/restart", render(body), limit_s=55.0)


ENDPOINTS = (
    get_network,
    change_network,
    confirm_network,
    put_network_back,
    get_certificates,
    upload_certificate,
    renew_certificate,
    ask_for_certificate,
    stop_asking_for_certificate,
    get_clock,
    set_clock,
    restart_service,
)
