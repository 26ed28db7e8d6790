"""The one AMI client: Asterisk Manager Interface over TCP, asyncio, parsed on bytes.

AMI is the picture, never the record (docs/architecture.md, section 1): losing a connection loses
nothing. A connection is opened, used and dropped; who wants it back opens a new one by
``linebox.base.retry.forever``.

What a caller sends can hold line breaks, 4 kB of text or bytes that aren't UTF-8, and Asterisk
writes some of it into AMI unescaped. Hence the rules of this module: a message ends at an empty
line only; what it is, is said by its *first* line; of a header that comes twice the *last* counts,
because Asterisk writes ``Uniqueid`` and ``Linkedid`` after all that a caller can choose; a line
without ``": "`` belongs to the value before it; an answer must bear its action's ``ActionID``,
which holds a random token. An event with an empty line inside a value is held back by Asterisk's
own event filter (docs/names.md, "AMI").
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, override

from linebox.base.errors import InputError, Unavailable

#: A message longer than this is no message. An event is under 20 kB, but the output of a command is
#: one message (``dialplan show`` of a large box: some MB).
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_END = b"\r\n\r\n"
_GREETING = "Asterisk Call Manager/"
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9_-]*(?:\([^)]*\))?): ?")

type Headers = dict[str, str]


class Message:
    """One event or response.

    ``name`` is the event's name (``Hangup``) or a response's outcome (``Success``, ``Error``,
    ``Goodbye``). ``headers`` has every header once, the last of a kind; ``all`` gives those that
    Asterisk repeats. Text that isn't UTF-8 comes with U+FFFD in the wrong places.
    """

    __slots__ = ("_text", "headers", "is_event", "name")

    def __init__(self, name: str, headers: Headers, text: str, *, is_event: bool) -> None:
        self.name = name
        self.headers = headers
        self.is_event = is_event
        self._text = text

    def __getitem__(self, key: str) -> str:
        """The header, empty when there is none: Asterisk leaves headers out as it likes."""
        return self.headers.get(key, "")

    def all(self, key: str) -> list[str]:
        """Every value of a repeated header, in order: ``Output``, ``Variable``."""
        prefix = key + ": "
        lines = self._text.split("\r\n")
        return [line[len(prefix) :] for line in lines if line.startswith(prefix)]

    @override
    def __repr__(self) -> str:
        return f"Message({self.name!r}, {self.headers!r})"


type Handler = Callable[[Message], None]


class AmiRefused(InputError):
    """Asterisk answered ``Error``; ``fields`` hold ``action`` and Asterisk's ``message``."""


class Parser:
    """Bytes in, messages out; keeps what is not complete. Pure: no clock, no socket."""

    __slots__ = ("_rest", "_scanned", "banner")

    def __init__(self) -> None:
        self._rest = bytearray()
        self._scanned = 0
        #: ``11.0.0`` of Asterisk's greeting, empty before it came.
        self.banner = ""

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that ``data`` completes. Raises ``Unavailable`` on one without an end."""
        rest = self._rest
        if not rest and data.endswith(_END):
            whole: bytes | bytearray = data
        else:
            rest += data
            end = rest.rfind(_END, self._scanned)
            if end < 0:
                if len(rest) > MAX_MESSAGE_BYTES:
                    raise Unavailable("ami-message-without-end", bytes=len(rest))
                self._scanned = max(0, len(rest) - len(_END) + 1)
                return
            whole = rest[: end + len(_END)]
            del rest[: end + len(_END)]
            self._scanned = max(0, len(rest) - len(_END) + 1)
        for block in whole.decode("utf-8", "replace").split("\r\n\r\n"):
            if block and (message := self._message(block)):
                yield message

    def _message(self, block: str) -> Message | None:
        if not self.banner and block.startswith(_GREETING):
            first, _, block = block.partition("\r\n")
            self.banner = first.removeprefix(_GREETING)
        lines = block.lstrip("\r\n").split("\r\n")
        try:
            headers: Headers = dict([line.split(": ", 1) for line in lines])
        except ValueError:
            headers = _headers_with_breaks(lines)
        kind, _, name = lines[0].partition(": ")
        if kind == "Event":
            return Message(name, headers, block, is_event=True)
        if kind == "Response":
            return Message(name, headers, block, is_event=False)
        return None  # the tail of something torn; nothing of ours begins like that


def _headers_with_breaks(lines: list[str]) -> Headers:
    """The slow way, for a value that holds line breaks or a header written without a blank."""
    headers: Headers = {}
    last = ""
    for line in lines:
        if match := _HEADER.match(line):
            last = match[1]
            headers[last] = line[match.end() :]
        elif last:
            headers[last] += "\n" + line
    return headers


class Ami(Protocol):
    """What the rest of Linebox asks of Asterisk; a test may answer in its place."""

    async def action(
        self, name: str, /, *, timeout_s: float = 5.0, **headers: str | Sequence[str]
    ) -> Message:
        """Do it. Raises ``AmiRefused`` or ``Unavailable``."""
        ...

    async def listing(
        self, name: str, /, *, timeout_s: float = 10.0, **headers: str | Sequence[str]
    ) -> list[Message]:
        """The events of a list. Raises ``AmiRefused`` or ``Unavailable``."""
        ...

    async def command(self, line: str, /, *, timeout_s: float = 30.0) -> list[str]:
        """The output lines of a CLI command. Raises ``AmiRefused`` or ``Unavailable``."""
        ...


class _Pending:
    __slots__ = ("answer", "events", "is_list")

    def __init__(self, answer: asyncio.Future[list[Message]], *, is_list: bool) -> None:
        self.answer = answer
        self.events: list[Message] = []
        self.is_list = is_list


class AmiClient(asyncio.Protocol):
    """One connection; events that answer nothing go to ``on_event``, in order, on the loop.

    ``on_event`` must be quick and not raise. Made by ``connected``; a test feeds ``data_received``.
    """

    def __init__(self, on_event: Handler | None = None) -> None:
        self._on_event = on_event
        self._parser = Parser()
        self._transport: asyncio.Transport | None = None
        self._pending: dict[str, _Pending] = {}
        self._token = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        #: After each read the socket is left alone for so long, so that events come in handfuls: a
        #: wake-up costs more than reading ten events. An action is never kept waiting by it.
        self.gather_s = 0.0
        self._resuming: asyncio.TimerHandle | None = None

    # -- asyncio.Protocol ---------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        pending, on_event = self._pending, self._on_event
        try:
            for message in self._parser.feed(data):
                if pending and (waiter := pending.get(message.headers.get("ActionID", ""))):
                    self._answer(waiter, message)
                elif message.is_event and on_event is not None:
                    on_event(message)
        except Unavailable as error:
            self._end(error)
            return
        if self.gather_s > 0 and not pending and self._transport is not None:
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            self._resuming = loop.call_later(self.gather_s, self._resume)

    def _resume(self) -> None:
        if self._resuming is not None and self._transport is not None:
            self._resuming.cancel()
            self._resuming = None
            self._transport.resume_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Unavailable("asterisk-away", reason=str(exc) if exc else "connection closed"))

    # -- answers ------------------------------------------------------------------------------

    @staticmethod
    def _answer(waiter: _Pending, message: Message) -> None:
        if waiter.answer.done():
            return
        if message.is_event:
            if message["EventList"].lower() in ("complete", "cancelled"):
                waiter.answer.set_result(waiter.events)
            else:
                waiter.events.append(message)
        elif waiter.is_list and message.name != "Error" and message["EventList"] == "start":
            pass  # the events follow
        else:
            waiter.answer.set_result([message])

    def _end(self, error: Unavailable) -> None:
        if not self._lost.done():
            self._lost.set_exception(error)
            self._lost.exception()  # nobody has to ask
        for waiter in self._pending.values():
            if not waiter.answer.done():
                waiter.answer.set_exception(Unavailable(error.code, **error.fields))
        if self._resuming is not None:
            self._resuming.cancel()
            self._resuming = None
        if self._transport is not None:
            self._transport.abort()

    async def _ask(
        self, name: str, headers: dict[str, str | Sequence[str]], timeout_s: float, *, is_list: bool
    ) -> list[Message]:
        if self._transport is None or self._lost.done():
            raise Unavailable("asterisk-away", reason="not connected")
        action_id = f"{self._token}-{next(self._numbers)}"
        waiter = _Pending(asyncio.get_running_loop().create_future(), is_list=is_list)
        self._pending[action_id] = waiter
        try:
            self._transport.write(_encode(name, action_id, headers))
            self._resume()
            async with asyncio.timeout(timeout_s):
                answer = await waiter.answer
        except TimeoutError as error:
            raise Unavailable("asterisk-slow", action=name, timeout_s=timeout_s) from error
        finally:
            del self._pending[action_id]
        if answer and not answer[0].is_event and answer[0].name == "Error":
            raise AmiRefused("ami-refused", action=name, message=answer[0]["Message"])
        return answer

    # -- what can be asked --------------------------------------------------------------------

    async def action(
        self, name: str, /, *, timeout_s: float = 5.0, **headers: str | Sequence[str]
    ) -> Message:
        """Send ``name`` with ``headers`` (a sequence repeats its header) and wait for the response.

        Raises ``AmiRefused`` when Asterisk says Error, ``Unavailable`` when it is gone or slow, and
        ``InputError("ami-line-break")`` for a value that would end its line.
        """
        return (await self._ask(name, headers, timeout_s, is_list=False))[0]

    async def listing(
        self, name: str, /, *, timeout_s: float = 10.0, **headers: str | Sequence[str]
    ) -> list[Message]:
        """The events of an action that answers by a list, without the one that ends it.

        Raises as ``action``. An action that gives no list answers with none.
        """
        answer = await self._ask(name, headers, timeout_s, is_list=True)
        return [message for message in answer if message.is_event]

    async def command(self, line: str, /, *, timeout_s: float = 30.0) -> list[str]:
        """The output of a CLI command, line by line. Raises as ``action``."""
        return (await self.action("Command", timeout_s=timeout_s, Command=line)).all("Output")

    async def login(self, user: str, secret: str, *, events: bool) -> None:
        """Raises ``AmiRefused`` for a wrong secret, ``Unavailable``."""
        await self.action("Login", Username=user, Secret=secret, Events="on" if events else "off")

    async def stay(
        self, for_s: float | None = None, *, every_s: float = 10.0, timeout_s: float = 5.0
    ) -> None:
        """Keep the connection for ``for_s`` seconds, else for ever, by a ping each ``every_s``.

        Raises ``Unavailable`` when it is lost or Asterisk doesn't answer in ``timeout_s``.
        """
        loop = asyncio.get_running_loop()
        until_s = None if for_s is None else loop.time() + for_s
        while True:
            left_s = every_s if until_s is None else min(every_s, until_s - loop.time())
            done, _ = await asyncio.wait((self._lost,), timeout=max(0.0, left_s))
            if done:
                self._lost.result()
            if until_s is not None and loop.time() >= until_s:
                return
            await self.action("Ping", timeout_s=timeout_s)

    def close(self) -> None:
        """Drop the connection; what waits raises ``Unavailable``."""
        self._end(Unavailable("asterisk-away", reason="closed by us"))


def _encode(name: str, action_id: str, headers: dict[str, str | Sequence[str]]) -> bytes:
    lines = [f"Action: {name}", f"ActionID: {action_id}"]
    for key, values in headers.items():
        for value in (values,) if isinstance(values, str) else values:
            lines.append(f"{key}: {value}")
    if any("\r" in line or "\n" in line for line in lines):
        raise InputError("ami-line-break", action=name)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@asynccontextmanager
async def connected(
    user: str,
    secret: str,
    *,
    on_event: Handler | None = None,
    host: str = "127.0.0.1",
    port: int = 5038,
    timeout_s: float = 5.0,
) -> AsyncIterator[AmiClient]:
    """A connection that is logged in, closed at the end of the block.

    Events flow only with ``on_event``, and which ones is said in manager.conf. Raises
    ``Unavailable("asterisk-away")`` when nobody listens, ``AmiRefused`` for a wrong secret.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            _, client = await loop.create_connection(lambda: AmiClient(on_event), host, port)
    except (OSError, TimeoutError) as error:
        raise Unavailable("asterisk-away", reason=str(error) or type(error).__name__) from error
    try:
        await client.login(user, secret, events=on_event is not None)
        yield client
    finally:
        client.close()
