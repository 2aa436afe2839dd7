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
        "operators/internal/overlap.py",
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
        "operators/internal/multicast.py",
        "self.fail(observer, error)\n",
        "raise\n",
        "tests/operators/internal/test_multicast.py tests/test_client.py",
    ),
    Mutant(
        "a rate limit is one higher than asked for",
        "operators/internal/rate_budget.py",
        "excess = self._used + min(weight, self._most) - self._most  #",
        "excess = self._used + min(weight, self._most) - self._most - 1  #",
        "tests/operators/test_rate_limit.py tests/connections/test_limiter.py",
    ),
    Mutant(
        "waiting because a server asked for it uses up an attempt",
        "operators/_retry_backoff.py",
        "self._failed += asked is None",
        "self._failed += 1",
        "tests/operators/test_retry_backoff.py",
    ),
    Mutant(
        "a server that greets and hangs up is dialled at once for ever",
        "operators/_retry_backoff.py",
        "            self._went_at_once = True\n",
        "",
        "tests/operators/test_retry_backoff.py",
    ),
    Mutant(
        "the waits between attempts may be nothing at all",
        "operators/_retry_backoff.py",
        "(1 - jitter + jitter * random())",
        "random()",
        "tests/operators/test_retry_backoff.py",
    ),
    Mutant(
        "the row of failures ends at the first value",
        "operators/_retry_backoff.py",
        ">= rules.healthy_after",
        ">= 0",
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
        "        if len(request.topics) > 1:\n",
        "        if len(request.topics) > 99:\n",
        "tests/protocol/test_session.py tests/connections/test_pool.py",
    ),
    Mutant(
        "the pool does not learn how many topics a connection takes",
        "connections/pool.py",
        "self._capacity = max(1, min(self._capacity, limit))",
        "self._capacity = self._capacity",
        "tests/connections/test_pool.py",
    ),
    Mutant(
        "the token stands in the address as it came",
        "protocol/token.py",
        "quote(self.value, safe='')",
        "self.value",
        "tests/protocol/test_token.py",
    ),
    Mutant(
        "a missing pong is noticed and nothing done",
        "connections/heartbeat.py",
        "        self._wire.lose(NoPong(",
        "        (lambda _: None)(NoPong(",
        "tests/connections/test_connection.py",
    ),
    Mutant(
        "every failure is tried again, a wrong signature too",
        "connections/pipeline.py",
        "retryable=lambda error: isinstance(error, Passing)",
        "retryable=lambda error: isinstance(error, Exception)",
        "tests/connections/test_connection.py tests/test_client.py",
    ),
    Mutant(
        "a gap is not told",
        "connections/topic_order.py",
        "            self._context.tell(events.Gap(0, self._topic, first, last, self._cause))\n",
        "            pass\n",
        "tests/connections/test_connection.py tests/connections/test_virtual_day.py",
    ),
    Mutant(
        "who speaks alone leaves what came meanwhile unsaid",
        "operators/internal/overlap.py",
        "                        if relay.direct is not self:\n",
        "                        if False:\n",
        "tests/operators/test_hand_over.py",
    ),
    Mutant(
        "a break in a sequence that may have holes is not told",
        "connections/topic_order.py",
        "self.raised = not self._order.contiguous",
        "self.raised = False",
        "tests/connections/test_connection.py tests/test_client.py",
    ),
    Mutant(
        "whoever listens otherwise than the others gets what was decoded for them",
        "connections/dispatch.py",
        "if listener.reader is not reader or reader is None:",
        "if reader is None:",
        "tests/connections/test_dispatch.py",
    ),
    Mutant(
        "a subscriber hears on after the end",
        "operators/internal/unguarded.py",
        "            _, self.on_next = self.on_next, _nothing",
        "            _ = self.on_next",
        "tests/operators",
    ),
    Mutant(
        "a message that is not whole yet is cut",
        "transport/frame_parser.py",
        "            if stop > end:\n                return at, stop - end\n            append",
        "            append",
        "tests/transport/test_frame_parser.py",
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
        "            if act is not None and not self._timers:\n",
        "            if False:\n",
        "tests/transport/test_clock.py tests/connections/test_stop.py",
    ),
    Mutant(
        "one odd number, far ahead, mutes a stream until it is reached",
        "operators/_in_sequence.py",
        "return number < self.lowest or self.before < number < self.number",
        "return number < self.lowest",
        "tests/operators/test_in_sequence.py",
    ),
    Mutant(
        "one odd time moves the clock of candles",
        "candles/closer.py",
        "ahead if is_sure or last is None else min(ahead, last)",
        "ahead",
        "tests/candles/test_rest.py",
    ),
    Mutant(
        "a symbol that was listed is not waited for any longer",
        "connections/silence.py",
        "if due <= now + _TOGETHER:\n            return False",
        "if True:\n            return False",
        "tests/connections/test_silence.py",
    ),
    Mutant(
        "a symbol that exists and is quiet is ended as one that does not",
        "connections/silence.py",
        "if is_silent and symbol in unlisted:",
        "if is_silent:",
        "tests/connections/test_silence.py",
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
        "candles/closer.py",
        "if not self._seen.is_sure(start, due, self._since) and now < due + SILENCE_NS:",
        "if False:",
        "tests/candles/test_closer.py tests/candles/test_stream.py",
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
        "orderbook/book.py",
        "if number > since and price and (lowest is None",
        "if price and (lowest is None",
        "tests/orderbook/test_book.py",
    ),
    Mutant(
        "a level that nobody can know to be the next one is shown",
        "orderbook/book.py",
        "(highest is None or price <= highest)",
        "True",
        "tests/orderbook/test_book.py tests/orderbook/test_stream.py",
    ),
    Mutant(
        "a change that is lost is not missed",
        "operators/_calibration/machine.py",
        "(number > following and first(change) <= following)",
        "number > following",
        "tests/operators/test_calibrate.py",
    ),
    Mutant(
        "a snapshot that is older by one than the changes is taken",
        "operators/_calibration/machine.py",
        "if position < start - 1:",
        "if position < start - 2:",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_any_order.py",
    ),
    Mutant(
        "changes that wait for a snapshot may have a hole",
        "operators/_calibration/machine.py",
        "if self.start is None or first > self.reach + 1:",
        "if self.start is None:",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_any_order.py",
    ),
    Mutant(
        "a gap after a doubt is not mended by a snapshot",
        "operators/_calibration/rules.py",
        "Trigger.GAP:              Transition(Phase.GATHERING,  RequestAction.ASK_ANEW,             Emission.NOTHING),",
        "Trigger.GAP:              Transition(Phase.GATHERING,  RequestAction.KEEP,                 Emission.NOTHING),",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_table.py",
    ),
    Mutant(
        "a state that is right ends because no snapshot can be had to replace it",
        "operators/_calibration/rules.py",
        "Trigger.REFUSED:          Transition(Phase.LIVE,       RequestAction.RETRY,                Emission.NOTHING),",
        "Trigger.REFUSED:          Transition(Phase.LIVE,       RequestAction.RETRY_OR_END,         Emission.NOTHING),",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_table.py",
    ),
    Mutant(
        "a snapshot that is no longer wanted is taken",
        "operators/_calibration/machine.py",
        "        if reply is not self._reply:\n",
        "        if self._reply is None and self.status is RequestStatus.ASKED:\n",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_table.py",
    ),
    Mutant(
        "an alarm that was dropped rings nevertheless",
        "operators/_calibration/machine.py",
        "        if alarm != self._alarm:\n",
        "        if alarm < 0:\n",
        "tests/operators/test_calibrate.py tests/operators/test_calibrate_table.py",
    ),
    Mutant(
        "changes held for a snapshot are kept after it came",
        "operators/_calibration/machine.py",
        "        if after not in HOLDING:\n",
        "        if after is Phase.EMPTY:\n",
        "tests/operators/test_calibrate_table.py tests/operators/test_calibrate_any_order.py",
    ),
    Mutant(
        "a book whose line is down goes on as if it were right",
        "orderbook/stream.py",
        "if isinstance(event, events.LineDown):",
        "if isinstance(event, events.Dialling):",
        "tests/orderbook/test_stream.py",
    ),
    Mutant(
        "the loss of a line concerns topics on others",
        "connections/event_hub.py",
        "                self._leave(observers, before)\n",
        "",
        "tests/connections/test_event_hub.py tests/orderbook/test_recovery.py",
    ),
    Mutant(
        "the loss of any line concerns topics that were live before they were observed",
        "connections/event_hub.py",
        "            if line is not None:\n",
        "            if line is None:\n",
        "tests/connections/test_event_hub.py tests/orderbook/test_shallow_books.py",
    ),
    Mutant(
        "a stream that is subscribed to is made once more if no user holds it",
        "markets/base.py",
        "            if known is None:\n",
        "            if True:\n",
        "tests/test_forgotten_streams.py",
    ),
    Mutant(
        "a topic keeps its place among observed ones when its last observer has left",
        "connections/event_hub.py",
        "        super().leave(observer)\n        self._drop(self)\n",
        "        super().leave(observer)\n",
        "tests/connections/test_event_hub.py",
    ),
    Mutant(
        "a line that was down before the topic was on it keeps it from being live",
        "candles/continuity.py",
        "                self._down.clear()\n",
        "",
        "tests/candles/test_continuity.py",
    ),
    Mutant(
        "a crossed book is shown",
        "orderbook/stream.py",
        "return book is not _SPOILT and (bid is None or ask is None or bid.price < ask.price)",
        "return book is not _SPOILT",
        "tests/orderbook/test_stream.py",
    ),
    Mutant(
        "requests are let in without regard for what the exchange says is left",
        "operators/internal/rate_budget.py",
        "        if self._left < weight:\n",
        "        if False:\n",
        "tests/connections/test_limiter.py",
    ),
    Mutant(
        "each wish for a request waits on its own, though one request serves all",
        "connections/pipeline.py",
        'max_queue=1, overflow="drop_oldest", ',
        "",
        "tests/connections/test_subscriptions.py",
    ),
    Mutant(
        "one lane of requests is served to its end before the next",
        "connections/limiter.py",
        "            self._lanes.move_to_end(request.lane)\n",
        "            pass\n",
        "tests/connections/test_limiter.py",
    ),
    Mutant(
        "a fresh connection is ready when its first topic is acknowledged",
        "connections/subscriptions.py",
        "self._missing.items() if not missing]",
        "self._missing.items() if missing is not None]",
        "tests/connections/test_subscriptions.py tests/connections/test_renewal.py",
    ),
    Mutant(
        "a barrier is passed by the answer to a ping that was sent before it",
        "connections/heartbeat.py",
        "            waiting = self._sent.pop(id_, {})\n",
        "            waiting = {**self._sent.pop(id_, {}), **self._next}\n",
        "tests/connections/test_heartbeat.py",
    ),
    Mutant(
        "an older ladder changes with the newer one",
        "orderbook/levels.py",
        "            sizes = sizes.copy()\n",
        "",
        "tests/orderbook/test_levels.py",
    ),
    Mutant(
        "a snapshot that was asked for aside stands in for what a book asked for itself",
        "recording/replay/rest.py",
        "if each.name == name and not each.is_known]",
        "if each.name == name]",
        "tests/recording/replay/test_rest.py",
    ),
    Mutant(
        "keyframes take all that may be asked for",
        "connections/rest.py",
        " // _SPARED * in_background",
        " * 0",
        "tests/recording/test_keyframes.py",
    ),
    Mutant(
        "books that are live when a recording begins are not asked for",
        "recording/recorder.py",
        "        self._hooks.keyframes.on_next(None)\n",
        "",
        "tests/recording/test_keyframes.py",
    ),
    Mutant(
        "a block that is damaged is read as far as it goes",
        "recording/file/block.py",
        "    if not is_whole or len(data) != block.size:\n",
        "    if len(data) != block.size:\n",
        "tests/recording/file",
    ),
    Mutant(
        "orders and balances are recorded unasked",
        "recording/encoder.py",
        "        if not self._private and (_is_private(topic, text) or _is_private(asked, text)):\n",
        "        if False:\n",
        "tests/recording/test_encoder.py",
    ),
    Mutant(
        "a replay's timers all come at the time of the next line",
        "recording/replay/clock.py",
        "            self.now_ns = max(self.now_ns, due)\n",
        "",
        "tests/recording/replay",
    ),
    Mutant(
        "what was lost while it was recorded is no gap in the replay",
        "recording/replay/player.py",
        "                pool.cut()\n",
        "                pass\n",
        "tests/recording/replay",
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
        "operators/_windows/windows.py",
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
    Mutant(
        "a type of message that several channels emit stands for the first of them",
        "protocol/channels.py",
        "if len(rows) == 1 and rows[0].messages == (kind,):",
        "if rows:",
        "tests/protocol/test_channels.py",
    ),
    Mutant(
        "what is pushed about all symbols reaches those who named one",
        "markets/base.py",
        "return message.symbol in wanted",
        "return True",
        "tests/test_every_channel.py",
    ),
    Mutant(
        "a method that is no channel cannot be followed",
        "markets/base.py",
        "if name in methods:",
        "if name not in methods:",
        "tests/test_every_channel.py",
    ),
    Mutant(
        "a channel of one's own account is offered on the command line",
        "cli/_channels.py",
        "if row.takes_symbol and not row.private",
        "if row.takes_symbol",
        "tests/cli/test_main.py",
    ),
    Mutant(
        "the messages made of an example all have the same number",
        "simulator/_instruments.py",
        "self._examples[prefix] += 1",
        "self._examples[prefix] = 1",
        "tests/simulator/test_example_feed.py",
    ),
    Mutant(
        "a call overtakes those that are due",
        "operators/internal/drain_queue.py",
        "        if self._due or self._closed:\n",
        "        if self._closed:\n",
        "tests/operators/internal/test_drain_queue.py",
    ),
    Mutant(
        "calls that are put during a direct call are left in the queue",
        "operators/internal/drain_queue.py",
        "            if self._due:\n                self.deliver()\n",
        "            pass\n",
        "tests/operators/internal/test_drain_queue.py tests/operators/test_serialize.py",
    ),
    Mutant(
        "durations jump with the wall clock",
        "operators/internal/clocks.py",
        "return lambda: time.monotonic_ns() // 1_000",
        "return lambda: time.time_ns() // 1_000",
        "tests/operators/internal/test_clocks.py",
    ),
    Mutant(
        "cancelled timers stay in the heap",
        "operators/internal/timer_heap.py",
        "> 2 * self._running + _SPARE:",
        "> 999_999:",
        "tests/recording/replay/test_clock.py tests/transport/test_clock_stress.py",
    ),
    Mutant(
        "an earlier timer waits for a later one",
        "transport/clock.py",
        "            if first is None or due < first:\n",
        "            if first is None:\n",
        "tests/transport/test_clock.py",
    ),
    Mutant(
        "the newest item makes room in a full buffer",
        "operators/internal/bounded_buffer.py",
        "        return (self._queue.popleft(),)\n",
        "        return (self._queue.pop(),)\n",
        "tests/operators/internal/test_bounded_buffer.py tests/test_aio.py",
    ),
    Mutant(
        "a keyframe that is requested while a book is being made is not served",
        "recording/keyframes.py",
        "        if self._is_asked:\n            self._begin()\n",
        "        return\n",
        "tests/recording/test_keyframes.py",
    ),
    Mutant(
        "a failed renewal reports a wait of 0 s",
        "connections/line_events.py",
        "cause, seconds or 0.0)",
        "cause, 0.0)",
        "tests/connections/test_reconnect.py",
    ),
    Mutant(
        "five pings in a row may go unanswered",
        "connections/heartbeat.py",
        "_TRIES: Final = 2",
        "_TRIES: Final = 5",
        "tests/connections/test_heartbeat.py",
    ),
    Mutant(
        "a third ping is waited for, until after the exchange's cut",
        "connections/heartbeat.py",
        "_TRIES: Final = 2",
        "_TRIES: Final = 3",
        "tests/connections/test_heartbeat.py",
    ),
    Mutant(
        "a late pong leaves the count of unanswered pings",
        "connections/heartbeat.py",
        "        self._awaits_pong = False\n        self._unanswered = 0\n",
        "        self._awaits_pong = False\n",
        "tests/connections/test_heartbeat.py",
    ),
    Mutant(
        "each barrier sets the ping's timer anew",
        "connections/heartbeat.py",
        "            elif is_first:\n",
        "            else:\n",
        "tests/connections/test_heartbeat.py",
    ),
    Mutant(
        "a topic that is refused twice is evicted twice",
        "connections/pool.py",
        "            return first\n",
        "            return True\n",
        "tests/connections/test_pool.py",
    ),
    Mutant(
        "HTTP 500 is no 5xx",
        "transport/rest.py",
        "*range(500, 600)",
        "*range(501, 600)",
        "tests/transport/test_rest.py",
    ),
    Mutant(
        "a frame of exactly the greatest size is not plain",
        "transport/frame_parser.py",
        "if length <= MOST else (0, 0)",
        "if length < MOST else (0, 0)",
        "tests/transport/test_frame_parser.py",
    ),
    Mutant(
        "an absolute time is taken relative to the wall clock",
        "operators/internal/timer_heap.py",
        "self.to_datetime(duetime) - self.now,",
        "self.to_datetime(duetime) - PeriodicScheduler.now.fget(self),",
        "tests/transport/test_clock.py",
    ),
    Mutant(
        "a recording with fsync is not synced",
        "recording/file/writer.py",
        "            if self._fsync:\n",
        "            if False:\n",
        "tests/recording/file/test_writer.py",
    ),
    Mutant(
        "a torn recording counts as closed",
        "recording/file/reader.py",
        ' and lines[-1].kind == "end" and not found.torn',
        ' and lines[-1].kind == "end"',
        "tests/recording/file/test_reader.py",
    ),
    Mutant(
        "a missing integer becomes a number in a column of objects",
        "tables/_columns.py",
        "[None if each == MISSING else each for each in column.data]",
        "list(column.data)",
        "tests/tables/test_packing.py",
    ),
    Mutant(
        "a missing float becomes NaN in a column of objects",
        "tables/_columns.py",
        "[None if each != each else each for each in column.data]",
        "list(column.data)",
        "tests/tables/test_packing.py",
    ),
    Mutant(
        "enums stay enums in a column of words",
        "tables/_columns.py",
        'if kind == "word" and not types <= {str, type(None)}:',
        'if kind == "word" and False:',
        "tests/tables/test_packing.py",
    ),
    Mutant(
        "a huge change is written out",
        "cli/_numbers.py",
        "if abs(share) < _MANY else",
        "if abs(share) <= _MANY else",
        "tests/cli/test_numbers.py",
    ),
    Mutant(
        "a bar that was removed is still to be drawn",
        "notebook/_candle_series.py",
        "            self._changed.discard(oldest)\n",
        "",
        "tests/notebook/test_charts.py",
    ),
    Mutant(
        "all streams draw the same random numbers",
        "connections/settings.py",
        'dice.Random(f"{self.seed} {name}")',
        'dice.Random(f"{self.seed}")',
        "tests/connections/test_settings.py",
    ),
    Mutant(
        "a topic is recorded on a connection that has ended",
        "connections/connection.py",
        "is_reported = self._hooks.is_active and not self._is_over",
        "is_reported = self._hooks.is_active",
        "tests/recording/test_hooks.py",
    ),
    Mutant(
        "a recording misses a topic that is subscribed to as it begins",
        "connections/connection.py",
        "        if not is_reported:\n            self._report_subscribed(topic)\n",
        "",
        "tests/recording/test_hooks.py",
    ),
    Mutant(
        "a replay reopens a connection that has ended",
        "recording/replay/pool.py",
        "if number in self._closed:",
        "if False:",
        "tests/recording/replay/test_pool.py",
    ),
    Mutant(
        "a gap between consecutive numbers is reported",
        "connections/topic_order.py",
        "last > first + 1 or",
        "last > first or",
        "tests/recording/replay/test_playing.py",
    ),
    Mutant(
        "a tuple's fields are taken in their order, not by their places",
        "tables/_rows.py",
        "return lambda items: {path: at_place(path, items) for path in names}",
        "return lambda items: dict(zip(names, items, strict=False))",
        "tests/tables/test_columns.py",
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
        everything = ["-m", "", "-x", "-q", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", *everything, *mutant.tests.split()]
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
