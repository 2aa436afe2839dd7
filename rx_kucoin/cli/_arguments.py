"""The command line of `rx-kucoin`."""

import argparse
import math
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from rx_kucoin.cli._channels import CHANNELS

__all__ = ["parse"]


def parse(words: list[str] | None) -> argparse.Namespace:
    """Parse the command line; print help or the version and exit if requested.

    Raises:
        ValueError: The command line is invalid.
    """
    return _parser().parse_args(words)


class _Parser(argparse.ArgumentParser):
    """A parser that raises its errors, so that they can be printed in one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; `{self.prog} --help` shows what there is")


def _parser() -> _Parser:
    parser = _Parser(prog="rx-kucoin", description="KuCoin's market data on a terminal.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"rx-kucoin {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="watch | simulate | record | replay")
    _add_watch(commands.add_parser("watch", help="show a channel as it streams", description=_WATCH))
    _add_simulate(commands.add_parser("simulate", help="serve a simulated exchange", description=_SIMULATE))
    _add_record(commands.add_parser("record", help="record channels into a file", description=_RECORD))
    _add_replay(commands.add_parser("replay", help="play what was recorded", description=_REPLAY))
    return parser


_WATCH = "A live view on a terminal; one JSON line per message when the output goes to a pipe or a file."
_SIMULATE = "An exchange on this machine that speaks as KuCoin does, with made-up prices, until Ctrl-C."
_RECORD = "Streams into a file of JSON lines in gzip, which is added to if it is there, until Ctrl-C."
_REPLAY = "One JSON line per message that was recorded; how lines and topics fared goes to the standard error output."


def _add_watch(watch: argparse.ArgumentParser) -> None:
    watch.add_argument("symbols", nargs="*", metavar="SYMBOL", help="such as BTC-USDT")
    watch.add_argument("--all", action="store_true", help="every symbol there is; with --channel ticker")
    watch.add_argument("--futures", action="store_true", help="the symbols are contracts, such as XBTUSDTM")
    watch.add_argument("--channel", choices=CHANNELS, default="ticker", help="what to watch (default: ticker)")
    watch.add_argument("--json", action="store_true", help="JSON lines on a terminal too")
    _add_line(watch)


def _add_line(command: argparse.ArgumentParser) -> None:
    """Add the arguments of every command that connects to an exchange."""
    _add_verbose(command)
    command.add_argument("--interval", default="1min", help="of candles (default: 1min)")
    command.add_argument("--seconds", type=_span, metavar="N", help="end after so long (default: at Ctrl-C)")
    command.add_argument(
        "--max-reconnects", type=_tries, default=5, metavar="N", help="in a row, or `never` to give up"
    )
    where = command.add_mutually_exclusive_group()
    where.add_argument("--simulate", action="store_true", help="a simulated exchange instead of KuCoin")
    command.add_argument("--proxy", metavar="URL", help="what all traffic goes through, as in socks5h://host:1080")
    where.add_argument("--rest-url", type=_url, metavar="URL", help="another REST host than KuCoin's")


def _add_verbose(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-v", "--verbose", action="count", default=0, help="log what happens to the lines on stderr; -vv: everything"
    )


def _add_simulate(simulate: argparse.ArgumentParser) -> None:
    simulate.add_argument("--seed", type=int, default=7, help="which prices are made up (default: 7)")
    simulate.add_argument("--symbols", type=int, default=24, metavar="N", help="how many spot symbols (default: 24)")
    simulate.add_argument("--rate", type=_rate, metavar="N", help="messages a second, all in all (default: lifelike)")


def _add_record(record: argparse.ArgumentParser) -> None:
    record.add_argument("file", metavar="FILE", help="such as btc.jsonl.gz")
    record.add_argument("symbols", nargs="+", metavar="SYMBOL", help="such as BTC-USDT")
    record.add_argument("--futures", action="store_true", help="the symbols are contracts, such as XBTUSDTM")
    record.add_argument(
        "--channel", choices=CHANNELS, action="append", help="what to record, as often as you like (default: ticker)"
    )
    record.add_argument("--fsync", action="store_true", help="have each block on the disk before the next")
    _add_line(record)


def _add_replay(replay: argparse.ArgumentParser) -> None:
    _add_verbose(replay)
    replay.add_argument("file", metavar="FILE", help="what `record` wrote")
    replay.add_argument("--info", action="store_true", help="only describe its contents")
    replay.add_argument("--topic", action="append", metavar="TOPIC", help="as KuCoin writes it, as often as you like")
    replay.add_argument("--since", metavar="TIME", help="such as 2026-11-23T09:30:00, UTC")
    replay.add_argument("--until", metavar="TIME", help="likewise")
    replay.add_argument("--speed", type=float, metavar="X", help="1 as it was, 2 twice as fast (default: all at once)")


def _tries(word: str) -> int | None:
    return None if word == "never" else int(word)


def _span(word: str) -> float:
    seconds = float(word)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds


def _rate(word: str) -> float:
    rate = float(word)
    if not 0 < rate < math.inf:
        raise ValueError
    return rate


def _url(word: str) -> str:
    if not word.startswith(("http://", "https://")):
        raise ValueError
    return word.rstrip("/")


_CALLED = {_tries: "number of tries", _span: "number of seconds", _rate: "rate above 0", _url: "http(s) URL"}
for _type, _called in _CALLED.items():
    _type.__name__ = _called  # argparse uses it in error messages


def _version() -> str:
    try:
        return version("rx-kucoin")
    except PackageNotFoundError:
        return "(not installed)"
