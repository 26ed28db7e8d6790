"""The HTTP API on .20:8088 (README.md lists it). For the training network only: no log-in."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from linebox.base.errors import InputError, LineboxError
from linebox.base.messages import sentence
from linebox_exchange import asked, paths
from linebox_exchange.customers import Public
from linebox_exchange.exchange import Exchange
from linebox_exchange.prepare import Addresses
from linebox_exchange.records import Kind, Leg

#: The longest ``GET /calls/<id>?wait_s=`` waits.
MAX_WAIT_S = 60.0


@web.middleware
async def told(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors as ``{"code", "fields", "zh", "en"}``."""
    try:
        return await handler(request)
    except LineboxError as error:
        status = {"exchange-unknown": 404}.get(error.code, 503)
        if isinstance(error, InputError) and error.code != "exchange-unknown":
            status = 422
        words = sentence(error.code, error.fields)
        body = {"code": error.code, "fields": error.fields, "zh": words.zh, "en": words.en}
        return web.json_response(body, status=status, dumps=_dumps)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


async def _body(request: web.Request) -> object:
    try:
        return await request.json()
    except ValueError as error:
        raise InputError("exchange-call", field="body") from error


def _number(request: web.Request, name: str, default: float) -> float:
    try:
        return float(request.query.get(name, default))
    except ValueError as error:
        raise InputError("exchange-call", field=name) from error


class Api:
    """Handlers over one Exchange."""

    def __init__(self, exchange: Exchange, public: Public, addresses: Addresses) -> None:
        self._exchange, self._public, self._addresses = exchange, public, addresses

    def app(self) -> web.Application:
        """The application, routes and all."""
        app = web.Application(middlewares=[told], client_max_size=256 * 1024)
        app.add_routes(
            [
                web.get("/health", self.health),
                web.post("/calls", self.place),
                web.get("/calls", self.calls),
                web.get("/calls/{id}", self.call),
                web.delete("/calls/{id}", self.hang_up),
                web.get("/calls/{id}/heard", self.heard),
                web.post("/agents", self.set_agents),
                web.get("/agents", self.agents),
                web.delete("/agents", self.no_agents),
                web.patch("/agents/{ext}", self.change_agent),
                web.post("/agents/{ext}/dial", self.dial),
                web.post("/agents/{ext}/drop", self.drop),
                web.post("/agents/{ext}/return", self.give_back),
                web.get("/customers", self.customers),
                web.get("/log", self.log),
            ]
        )
        return app

    def _json(self, value: object, status: int = 200) -> web.Response:
        return web.json_response(value, status=status, dumps=_dumps)

    def _leg(self, request: web.Request) -> Leg:
        leg = self._exchange.book.get(request.match_info["id"])
        if leg is None:
            raise InputError("exchange-unknown", id=request.match_info["id"])
        return leg

    async def health(self, _request: web.Request) -> web.Response:
        """200 when calls can be placed, else 503."""
        legs = self._exchange.book.open_legs()
        up = self._exchange.switch.up
        body = {"asterisk": up, "open_legs": len(legs), "now": time.time()}
        return self._json(body | asdict(self._addresses), 200 if up else 503)

    async def place(self, request: web.Request) -> web.Response:
        """``POST /calls``: 201 with its record; it goes on by itself."""
        leg = await self._exchange.place(asked.call(await _body(request)))
        return self._json(self._exchange.book.shown(leg), 201)

    async def calls(self, request: web.Request) -> web.Response:
        """Customers' calls and calls of the box to numbers, since ``?since=`` epoch seconds."""
        since = _number(request, "since", 0.0)
        book = self._exchange.book
        kinds = (Kind.CUSTOMER, Kind.CALLED)
        return self._json(
            [book.shown(leg) for leg in book if leg.kind in kinds and leg.began_at >= since]
        )

    async def call(self, request: web.Request) -> web.Response:
        """One record; ``?wait_s=`` holds the answer until the leg has ended, at most so long."""
        leg = self._leg(request)
        until = time.monotonic() + min(_number(request, "wait_s", 0.0), MAX_WAIT_S)
        while leg.ended_at is None and (rest := until - time.monotonic()) > 0:
            await self._exchange.changed(rest)
        return self._json(self._exchange.book.shown(leg))

    async def hang_up(self, request: web.Request) -> web.Response:
        """The customer hangs up now."""
        leg = await self._exchange.hang_up(request.match_info["id"])
        return self._json(self._exchange.book.shown(leg))

    async def heard(self, request: web.Request) -> web.StreamResponse:
        """What a customer placed with ``listen`` heard: 16-bit little-endian, 8 kHz, mono."""
        path = paths.HEARD / f"{self._leg(request).id}.raw"
        if not await asyncio.to_thread(path.exists):
            raise InputError("exchange-unknown", id=path.stem)
        return web.FileResponse(path)

    async def set_agents(self, request: web.Request) -> web.Response:
        """``POST /agents``: these phones and no others."""
        wanted = asked.phones(await _body(request), self._addresses.box)
        await self._exchange.set_phones(wanted)
        return await self.agents(request)

    async def agents(self, _request: web.Request) -> web.Response:
        """The phones, whether they are registered, the code call each made last, its open legs."""
        book, shown = self._exchange.book, []
        since = self._exchange.phones_since
        last = {
            leg.caller: leg for leg in book if leg.kind is Kind.FEATURE and leg.began_at >= since
        }
        legs = {leg.called: leg for leg in book.open_legs() if leg.kind is Kind.AGENT}
        for phone in self._exchange.phones.phones:
            dialled, leg = last.get(phone.ext), legs.get(phone.ext)
            shown.append(
                phone.shown()
                | {
                    "registered": self._exchange.registered.get(phone.ext) == "Registered",
                    "pulled": phone.ext in self._exchange.pulled,
                    "dialled": book.shown(dialled) if dialled else None,
                    "leg": book.shown(leg) if leg else None,
                }
            )
        return self._json(shown)

    async def no_agents(self, request: web.Request) -> web.Response:
        """All phones unregister. Nobody is logged out: dial ``*12`` first if that is meant."""
        await self._exchange.set_phones(asked.phones({"phones": []}, self._addresses.box))
        return await self.agents(request)

    async def change_agent(self, request: web.Request) -> web.Response:
        """``PATCH /agents/<ext>``: behaviour, ring_s, talk_s."""
        body = await _body(request)
        if not isinstance(body, dict):
            raise InputError("exchange-agents", field="body")
        phone = asked.behaving(self._exchange.phone(request.match_info["ext"]), body)
        await self._exchange.change_phone(phone)
        return self._json(phone.shown())

    async def dial(self, request: web.Request) -> web.Response:
        """``{"code": "*13"}``: the phone calls it; 201 with the record."""
        body = await _body(request)
        code = str(body.get("code", "")) if isinstance(body, dict) else ""
        if not code.strip("0123456789*#") == "" or not 1 <= len(code) <= 32:
            raise InputError("exchange-agents", field="code")
        leg = await self._exchange.dial(self._exchange.phone(request.match_info["ext"]), code)
        return self._json(self._exchange.book.shown(leg), 201)

    async def drop(self, request: web.Request) -> web.Response:
        """The phone vanishes: no packet leaves or reaches it any more."""
        legs = await self._exchange.drop(request.match_info["ext"])
        return self._json({"legs": legs})

    async def give_back(self, request: web.Request) -> web.Response:
        """The phone is there again."""
        self._exchange.phone(request.match_info["ext"])
        await self._exchange.give_back(request.match_info["ext"])
        return self._json({})

    async def customers(self, _request: web.Request) -> web.Response:
        """The box's numbers and everyone who may call."""
        return self._json(
            {
                "main": self._public.main,
                "dids": self._public.dids,
                "customers": [asdict(each) for each in self._public.customers],
            }
        )

    async def log(self, _request: web.Request) -> web.StreamResponse:
        """The events themselves, JSON lines, as they lie on disk."""
        return web.FileResponse(paths.LOG, headers={"Content-Type": "application/x-ndjson"})
