"""The declared endpoints served by aiohttp: validation, sessions, time limits, errors as sentences.

Bad input never gives a 500; a fault of ours is logged with an id that the answer names.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from aiohttp import web

from linebox.base.endpoints import Ask, BytesAnswer, Endpoint, FileAnswer, RawAnswer, Reply
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.messages import told, told_error
from linebox.base.shapes import Problem, invalid, parse, parse_value, render
from linebox.features.accounts.service import Accounts
from linebox.features.audit.service import Audit
from linebox.features.settings.confd import Refused
from linebox.features.wall.service import Walls
from linebox.web import auth
from linebox.web.audited import audited
from linebox.web.errors import status
from linebox.web.files import send_file
from linebox.web.live import Live
from linebox.web.sockets import LiveSockets

log = logging.getLogger(__name__)

type Services = Mapping[type, object]
type Who = Callable[[web.Request], Ask]
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BODY_S: Final = 10.0
_NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def application(endpoints: tuple[Endpoint, ...], services: Services) -> web.Application:
    """The whole API. ``services`` hold what handlers ask for by type, ``Accounts`` among them.

    Raises ``KeyError`` when a handler asks for a service that isn't there.
    """
    accounts, live, walls = services[Accounts], services[Live], services[Walls]
    audit = services[Audit]
    if not (isinstance(accounts, Accounts) and isinstance(live, Live) and isinstance(walls, Walls)):
        raise TypeError("a service isn't what it is listed as")
    if not isinstance(audit, Audit):
        raise TypeError("a service isn't what it is listed as")
    who = partial(auth.who_asks, accounts=accounts, walls=walls)
    sockets = LiveSockets(live, accounts, who)
    app = web.Application(middlewares=[_errors], client_max_size=2**20)
    for one in endpoints:
        given = {name: services[kind] for name, kind in one.services.items()}
        app.router.add_route(one.method, one.path, _handler(one, given, who, audit))
    app.router.add_get("/api/live/ws", sockets.serve)
    app.router.add_get("/api/wall/live/ws", sockets.serve)
    app.on_shutdown.append(sockets.close_all)
    return app


def _handler(one: Endpoint, given: Mapping[str, object], who: Who, audit: Audit) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        ask = who(request)
        with audited(audit, one, request, ask) as note:
            auth.check_origin(request)
            _allow(one, ask)
            arguments = {**given, **_path(one, request), **_query(one, request)}
            if one.body:
                arguments["body"] = parse(one.body, await _body(one, request))
            if one.wants_ask:
                arguments["ask"] = ask
            note.begin()
            try:
                async with asyncio.timeout(one.timeout_s):
                    answer = await one.handler(**arguments)
            except TimeoutError as error:
                raise Unavailable("peer-timeout", peer=one.feature) from error
            note.end(answer)
        return await _answer(one, request, answer)

    return handle


def _allow(one: Endpoint, ask: Ask) -> None:
    """Raises ``InputError``: ``not-logged-in``, ``not-allowed`` for another role or without a
    right that the operation needs."""
    if not one.needs_session:
        return
    if not ask.who:
        raise InputError("not-logged-in")
    if ask.role not in one.roles:
        raise InputError("not-allowed", roles=sorted(one.roles))
    for right in sorted(one.needs):
        ask.need(right)


def _path(one: Endpoint, request: web.Request) -> dict[str, object]:
    return {
        name: parse_value(hint, request.match_info[name], name)
        for name, hint in one.path_params.items()
    }


def _query(one: Endpoint, request: web.Request) -> dict[str, object]:
    raw = dict(request.query)
    if len(raw) != len(request.query):
        raise invalid(Problem("", "given-twice", {"value": "?"}))
    if one.query is None:
        if raw:
            raise invalid(*(Problem(name[:60], "unknown-field", {}) for name in raw))
        return {}
    return {"query": parse(one.query, raw, words=True)}


async def _body(one: Endpoint, request: web.Request) -> object:
    if request.content_type != "application/json":
        raise InputError("wrong-media-type")
    if (request.content_length or 0) > one.max_bytes:
        raise InputError("body-too-large", max_bytes=one.max_bytes)
    raw = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.content.iter_chunked(16 * 1024):
                raw += chunk
                if len(raw) > one.max_bytes:
                    raise InputError("body-too-large", max_bytes=one.max_bytes)
    except TimeoutError as error:
        raise InputError("bad-json") from error
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError("bad-json") from error


def _no_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


async def _answer(one: Endpoint, request: web.Request, answer: object) -> web.StreamResponse:
    match answer:
        case None:
            return web.Response(status=one.status, headers=_NO_STORE)
        case FileAnswer():
            return await send_file(request, answer)
        case BytesAnswer():
            return web.Response(body=answer.body, content_type=answer.media_type, headers=_NO_STORE)
        case RawAnswer():
            return _json(one.status, answer.body)
        case Reply():
            response = _json(one.status, json.dumps(render(answer.answer), ensure_ascii=False))
            auth.set_cookie(request, response, answer)
            return response
        case _:
            response = _json(one.status, json.dumps(render(answer), ensure_ascii=False))
            if etag := getattr(answer, "etag", None):
                response.headers["ETag"] = f'"{etag}"'
            return response


def _json(state: int, text: str) -> web.Response:
    return web.Response(status=state, text=text, content_type="application/json", headers=_NO_STORE)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost boundary: what goes wrong becomes ``{"code", "fields", "zh", "en"}``."""
    try:
        return await handler(request)
    except Refused as error:
        return _told(error.state if error.state in (404, 409, 422) else 422, told_error(error))
    except LineboxError as error:
        return _told(status(error), told_error(error))
    except web.HTTPRequestEntityTooLarge:
        return _told(413, told("body-too-large", {"max_bytes": 2**20}))
    except web.HTTPException as error:
        code = {404: "not-found", 405: "method-not-allowed"}.get(error.status, "bad-request")
        return _told(error.status, told(code, {}))
    except (ConnectionError, asyncio.CancelledError):
        raise  # nobody is left to be told
    except Exception:
        id_ = secrets.token_hex(4)
        log.exception("%s %s failed (id %s)", request.method, request.path, id_)
        return _told(500, told("internal-error", {"request_id": id_}))


def _told(state: int, body: dict[str, object]) -> web.Response:
    headers = dict(_NO_STORE)
    fields = body["fields"]
    if isinstance(fields, dict) and "wait_s" in fields:
        headers["Retry-After"] = str(fields["wait_s"])
    text = json.dumps(body, ensure_ascii=False, default=str)
    return web.Response(status=state, text=text, content_type="application/json", headers=headers)
