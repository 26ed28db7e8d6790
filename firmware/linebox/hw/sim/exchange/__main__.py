"""``python3 -m linebox.hw.sim.exchange serve --channels 38-41 --socket PATH``, or ``ask``."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

from linebox.hw.sim.exchange.server import Exchange, Server


def _channels(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _serve(path: Path, channels: range) -> None:
    exchange = Exchange(channels)
    with Server(path, exchange) as server:
        exchange.start()
        server.serve_forever()


def _ask(path: Path, order: str) -> None:
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(str(path))
        asked.sendall(order.encode() + b"\n")
        with asked.makefile() as answer:
            sys.stdout.write(answer.readline())


def main() -> None:
    parser = argparse.ArgumentParser(prog="linebox.hw.sim.exchange")
    what = parser.add_subparsers(dest="what", required=True)
    serve = what.add_parser("serve", help="play the exchange until killed")
    serve.add_argument("--channels", type=_channels, required=True, help="first-last, its FXS")
    serve.add_argument("--socket", type=Path, required=True)
    ask = what.add_parser("ask", help="send one order and print the answer")
    ask.add_argument("--socket", type=Path, required=True)
    ask.add_argument("order", help="JSON")
    given = parser.parse_args()
    if given.what == "serve":
        _serve(given.socket, given.channels)
    else:
        _ask(given.socket, given.order)


if __name__ == "__main__":
    main()
