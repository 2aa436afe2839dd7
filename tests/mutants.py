"""Small faults, put into a copy of the code one at a time: does a test fall for each?

python tests/mutants.py            # all of them
python tests/mutants.py renewal    # those whose file or fault has the word in it
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Mutant(NamedTuple):
    """One fault: `old` becomes `new` in `file`, and one of `tests` must fall."""

    fault: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = [
    Mutant(
        "a renewal breaks before it makes",
        "operators/_switch_when_ready.py",
        "alone = self._current is None",
        "alone = True",
        "tests/operators/test_switch_when_ready.py",
    ),
    Mutant(
        "a fresh connection's messages are not held while the old one is behind",
        "operators/_relay.py",
        "if index > 0 and key not in leg.taken_over:",
        "if index > 9 and key not in leg.taken_over:",
        "tests/operators/test_hand_over.py",
    ),
    Mutant(
        "what is repeated is passed on",
        "operators/_in_sequence.py",
        "elif number > stream.number:",
        "elif number >= stream.number:",
        "tests/operators/test_in_sequence.py",
    ),
    Mutant(
        "a newcomer does not stop the linger, and is cut off by it",
        "operators/_share_anew.py",
        "        if leaving is not None:\n            leaving.dispose()\n        stay",
        "        life.leaving = leaving\n        stay",
        "tests/operators/test_share_anew.py",
    ),
    Mutant(
        "a subscriber that raises takes the later ones with it",
        "operators/_crowd.py",
        "self.fail(observer, error)\n",
        "raise\n",
        "tests/operators/test_hub.py tests/test_client.py",
    ),
    Mutant(
        "the limit is one higher than told",
        "operators/_rate_limit.py",
        "deque(maxlen=count)",
        "deque(maxlen=count + 1)",
        "tests/operators/test_rate_limit.py",
    ),
    Mutant(
        "the row of failures ends at the first value",
        "operators/_retry_backoff.py",
        "= microseconds(healthy_after)",
        "= 0",
        "tests/operators/test_retry_backoff.py",
    ),
    Mutant(
        "a late acknowledgement revives a topic that nobody wants",
        "protocol/session.py",
        "(topic in self.wanted) != (topic in self.confirmed)",
        "(topic in self.wanted) > (topic in self.confirmed)",
        "tests/protocol/test_session.py",
    ),
    Mutant(
        "a refused batch is refused whole",
        "protocol/session.py",
        "        if len(ask.topics) > 1:\n",
        "        if len(ask.topics) > 99:\n",
        "tests/protocol/test_session.py tests/test_pool.py",
    ),
    Mutant(
        "the pool does not learn how many topics a connection takes",
        "pool.py",
        "self._capacity = max(1, min(self._capacity, limit))",
        "self._capacity = self._capacity",
        "tests/test_pool.py",
    ),
    Mutant(
        "the token stands in the address as it came",
        "protocol/bullet.py",
        "quote(self.token, safe='')",
        "self.token",
        "tests/protocol/test_bullet.py",
    ),
    Mutant(
        "a missing pong is noticed and nothing done",
        "heartbeat.py",
        "        self._wire.lose(NoPong(",
        "        (lambda _: None)(NoPong(",
        "tests/test_connection.py",
    ),
    Mutant(
        "every failure is tried again, a wrong signature too",
        "renewal.py",
        "retryable=lambda error: isinstance(error, Passing)",
        "retryable=lambda error: isinstance(error, Exception)",
        "tests/test_connection.py tests/test_client.py",
    ),
    Mutant(
        "a gap is not told",
        "streams.py",
        "        self._terms.tell(events.Gap(0, self._topic, first, last, self._cause))\n",
        "",
        "tests/test_connection.py tests/test_virtual_day.py",
    ),
    Mutant(
        "who speaks alone leaves what came meanwhile unsaid",
        "operators/_relay.py",
        "                        if relay.direct is not self:\n",
        "                        if False:\n",
        "tests/operators/test_hand_over.py",
    ),
    Mutant(
        "a break in a sequence that may have holes is not told",
        "streams.py",
        "self.raised = not self._order.contiguous",
        "self.raised = False",
        "tests/test_connection.py tests/test_client.py",
    ),
    Mutant(
        "whoever listens otherwise than the others gets what was decoded for them",
        "routes.py",
        "if listener.reader is not reader or reader is None:",
        "if reader is None:",
        "tests/test_routes.py",
    ),
    Mutant(
        "a subscriber hears on after the end",
        "operators/_lean.py",
        "            _, self.on_next = self.on_next, _nothing",
        "            _ = self.on_next",
        "tests/operators",
    ),
    Mutant(
        "a message that is not whole yet is cut",
        "transport/cutting.py",
        "            if stop > end:\n                return at, stop - end\n            append",
        "            append",
        "tests/transport/test_cutting.py",
    ),
    Mutant(
        "what goes wrong in TLS hides what came before it",
        "transport/tls.py",
        '        return b"".join(pieces)',
        '        return b"" if self._failure else b"".join(pieces)',
        "tests/transport/test_tls.py",
    ),
    Mutant(
        "a cancelled timer keeps the clock's thread alive",
        "transport/clock.py",
        "            if self._running == 0:\n",
        "            if self._running == -1:\n",
        "tests/transport/test_clock.py tests/test_stop.py",
    ),
    Mutant(
        "a symbol that exists and is quiet is ended as one that does not",
        "silence.py",
        "if is_silent and symbol in unlisted:",
        "if is_silent:",
        "tests/test_silence.py",
    ),
    Mutant(
        "who stays in the universe is subscribed to anew",
        "operators/_follow.py",
        "            if key not in self._streams:\n",
        "            if True:\n",
        "tests/operators/test_follow.py",
    ),
    Mutant(
        "silence on a line that may be dead is taken for a bar without a trade",
        "protocol/bars.py",
        "if not self._hearing.is_sure(start, due, self._since) and now < due + SILENCE_NS:",
        "if False:",
        "tests/protocol/test_bars.py tests/test_closing.py",
    ),
    Mutant(
        "a field that is newer than the library is dropped",
        "protocol/readers/base.py",
        '        keep_rest(cast("Open", message), payload)\n',
        "",
        "tests/protocol/test_readers_slow.py tests/protocol/test_account_leniency.py",
    ),
    Mutant(
        "a request is signed with this machine's own time",
        "transport/rest.py",
        "            self._clock.learn(",
        "            (lambda *_: None)(",
        "tests/transport/test_exchange_clock.py",
    ),
    Mutant(
        "a row that a snapshot has already is put on top of it again",
        "protocol/orderbook.py",
        "if number > since and price and (lowest is None",
        "if price and (lowest is None",
        "tests/protocol/test_orderbook.py",
    ),
    Mutant(
        "a level that nobody can know to be the next one is shown",
        "protocol/orderbook.py",
        "(highest is None or price <= highest)",
        "True",
        "tests/protocol/test_orderbook.py tests/test_calibration.py",
    ),
    Mutant(
        "a change that is lost is not missed",
        "operators/_calibration.py",
        "(number > following and self._first(change) <= following)",
        "number > following",
        "tests/operators/test_calibrate.py",
    ),
    Mutant(
        "a snapshot that is older by one than the changes is taken",
        "operators/_calibration.py",
        "if position < start - 1:",
        "if position < start - 2:",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_any_order.py",
    ),
    Mutant(
        "changes that wait for a snapshot may have a hole",
        "operators/_calibration_run.py",
        "if self.start is None or first > self.reach + 1:",
        "if self.start is None:",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_any_order.py",
    ),
    Mutant(
        "a book whose line is down goes on as if it were right",
        "calibration.py",
        "case events.LineDown(line) if not lines or line in lines:",
        "case events.LineDown(line) if line in ():",
        "tests/test_calibration.py",
    ),
    Mutant(
        "a crossed book is shown",
        "calibration.py",
        "return book is not _SPOILT and not book.is_crossed",
        "return book is not _SPOILT",
        "tests/test_calibration.py",
    ),
    Mutant(
        "requests are let in without regard for what the exchange says is left",
        "protocol/purse.py",
        "        if self._left < weight:\n",
        "        if False:\n",
        "tests/test_counter.py",
    ),
    Mutant(
        "an older ladder changes with the newer one",
        "protocol/ladder.py",
        "            sizes = sizes.copy()\n",
        "",
        "tests/protocol/test_ladder.py",
    ),
    Mutant(
        "a snapshot that was asked for aside stands in for what a book asked for itself",
        "replay/answers.py",
        "if each.name == name and not each.is_known]",
        "if each.name == name]",
        "tests/replay/test_answers.py",
    ),
    Mutant(
        "keyframes take all that may be asked for",
        "fetches.py",
        " // _SPARED * aside",
        " * 0",
        "tests/test_keyframes.py",
    ),
    Mutant(
        "books that are live when a recording begins are not asked for",
        "recording.py",
        "        self._tap.keyframes.on_next(None)\n",
        "",
        "tests/test_keyframes.py",
    ),
    Mutant(
        "a block that is damaged is read as far as it goes",
        "tape/block.py",
        "    if not is_whole or len(data) != block.size:\n",
        "    if len(data) != block.size:\n",
        "tests/tape",
    ),
    Mutant(
        "orders and balances are recorded unasked",
        "scribe.py",
        "        if not self._private and (_is_private(topic, text) or _is_private(asked, text)):\n",
        "        if False:\n",
        "tests/test_scribe.py",
    ),
    Mutant(
        "a replay's timers all come at the time of the next line",
        "replay/clock.py",
        "            self.now_ns = max(self.now_ns, due)\n",
        "",
        "tests/replay",
    ),
    Mutant(
        "what was lost while it was recorded is no gap in the replay",
        "replay/player.py",
        "                seats.cut()\n",
        "                pass\n",
        "tests/replay",
    ),
    Mutant(
        "an event at the edge belongs to the bar before",
        "operators/_ohlc.py",
        "start = at - at % self._length",
        "start = at - 1 - (at - 1) % self._length",
        "tests/operators/test_ohlc.py",
    ),
    Mutant(
        "what is just too old is still in the window",
        "operators/_windows.py",
        "while old and old[-1][0] <= until:",
        "while old and old[-1][0] < until:",
        "tests/operators/test_rolling.py",
    ),
    Mutant(
        "a chart lives on when its cell is run again",
        "notebook/_cells.py",
        "if here.cell == there.cell or (there.cell in gone",
        "if (there.cell in gone",
        "tests/notebook/test_kernel.py",
    ),
    Mutant(
        "an iterator that is left goes on listening",
        "aio/_inbox.py",
        "        self._source.dispose()\n        self._wake(arrival)\n",
        "        self._wake(arrival)\n",
        "tests/test_aio.py",
    ),
    Mutant(
        "a table keeps more rows than it may",
        "tables/_ring.py",
        "if (surplus := len(times) - self.rows) > 0:",
        "if (surplus := len(times) - self.rows) > 9_999:",
        "tests/tables",
    ),
]


def falls(mutant: Mutant) -> bool:
    """Put the fault into a copy and run the tests there. True: one fell, as it should."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".hypothesis", ".*_cache"))
        file = copy / "rx_kucoin" / mutant.file
        text = file.read_text()
        if mutant.old not in text:
            sys.exit(f"{mutant.file} has no {mutant.old!r} any more: mend the table")
        file.write_text(text.replace(mutant.old, mutant.new))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests.split()]
        run = subprocess.run(
            command,
            cwd=copy,
            env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode == 1


def main() -> None:
    """Try every fault and say what became of it."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [mutant for mutant in MUTANTS if word in mutant.file or word in mutant.fault]
    survivors = 0
    for mutant in chosen:
        caught = falls(mutant)
        survivors += not caught
        print(f"{'caught  ' if caught else 'SURVIVED'} {mutant.file}: {mutant.fault}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} faults caught")
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()
