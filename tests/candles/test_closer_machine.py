"""The machine of closed bars under any interleaving: each bar once, in order, none missing, and right."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from rx_kucoin.candles.closer import BarCloser, BarsRequest
from rx_kucoin.candles.intervals import LENGTHS_NS
from rx_kucoin.candles.rest import CandleBar
from rx_kucoin.protocol.messages.closed import ClosedCandle, Origin

S = 1_000_000_000
BEGIN, SPAN = 1_000_000_000 // 60 * 60, 60
MOST = 70

WAITS = st.sampled_from([0.0, 0.5, 2.0, 7.0, 31.0, 61.0, 200.0])
ACTS = st.lists(
    st.tuples(
        WAITS, st.sampled_from(["trade", "trade", "trade", "drop", "live", "answer", "fail", "tick", "prove", "lag"])
    ),
    max_size=60,
)


class World:
    """An exchange, and a client that hears of its trades while it is live."""

    def __init__(self, *, past: float | None, ahead: float) -> None:
        self.now, self.ahead = 0.0, ahead
        self.trades: list[tuple[float, int]] = [] if past is None else [(BEGIN - past, 7)]
        self.since: float | None = None
        self.request: BarsRequest | None = None
        self.closed: list[ClosedCandle] = []
        self.bars = BarCloser("S-USDT", "1min", 0, settle_ns=3 * S, most=MOST)
        self.bars.calibrate(self.ns(self.theirs), 0)
        self.late: list[CandleBar] = []

    @property
    def theirs(self) -> float:
        return BEGIN + self.ahead + self.now

    @staticmethod
    def ns(seconds: float) -> int:
        return int(seconds * 1_000) * 1_000_000

    def bar(self, start: int, span: int = SPAN) -> CandleBar | None:
        prices = [price for time, price in self.trades if start <= time < start + span]
        if not prices:
            return None
        figures = prices[0], prices[-1], max(prices), min(prices), len(prices), sum(prices)
        return CandleBar(start * S, *map(Decimal, figures))

    def act(self, what: str) -> None:
        if what == "trade":
            self.trades.append((self.theirs, 1 + len(self.trades) % 5))
            if self.since is not None:
                bar = self.bar(int(self.theirs // SPAN) * SPAN)
                assert bar is not None
                self.late.append(bar._replace(time_ns=self.ns(self.theirs)))
                self.hear()
        elif what == "lag" and self.since is not None:
            self.trades.append((self.theirs, 3))
            self.late.append(self.bar(int(self.theirs // SPAN) * SPAN) or CandleBar(0, *[Decimal(0)] * 6))
            self.wait(2.0)
            self.hear()
        elif what == "drop":
            self.since = None
        elif what == "live" and self.since is None:
            self.since = self.now
        elif what == "prove" and self.since is not None:
            self.bars.confirm_until(self.ns(self.now))
        elif what == "answer" and self.request is not None:
            ask, self.request, span = self.request, None, LENGTHS_NS[self.request.interval] // S
            starts = {int(time // span) * span for time, _ in self.trades}
            rows = [self.bar(start, span) for start in sorted(starts) if ask.since_ns <= start * S < ask.until_ns]
            self.bars.answered([row for row in rows if row is not None], self.ns(self.now))
        elif what == "fail" and self.request is not None:
            self.request = None
            self.bars.failed(self.ns(self.now))

    def hear(self) -> None:
        for bar in self.late:
            self.bars.add(bar, self.ns(self.now))
        self.late.clear()
        self.step()

    def wait(self, seconds: float) -> None:
        """Time passes, and the machine is woken when it wants to be."""
        until = round(self.now + seconds, 3)
        wake = self.step()
        while wake is not None and wake <= until:
            self.now = max(self.now, wake)
            wake = self.step()
        self.now = until
        self.step()

    def step(self) -> float | None:
        since = None if self.since is None else self.ns(self.since)
        step = self.bars.step(self.ns(self.now), since)
        self.closed += step.closed
        if step.request is not None:
            assert self.request is None, "one question at a time"
            self.request = step.request
        assert step.wake_ns is None or step.wake_ns > self.ns(self.now), "a machine that is never done"
        return None if step.wake_ns is None else -(-step.wake_ns // 1_000_000) / 1_000


@settings(max_examples=300, deadline=None)
@given(
    acts=ACTS, past=st.sampled_from([None, 500.0, 10_000.0, 100_000.0, 1e6]), ahead=st.sampled_from([0.0, 59.5, 30.0])
)
def test_each_bar_comes_once_in_order_and_right(
    acts: list[tuple[float, str]], past: float | None, ahead: float
) -> None:
    world = World(past=past, ahead=ahead)
    for wait, what in acts:
        world.wait(wait)
        world.act(what)
        world.step()
    last = int(world.theirs // SPAN) * SPAN
    for what in ("drop", "live"):  # in the end all is well, and everything must be told of
        world.act(what)
    for _ in range(60):
        world.wait(70.0)
        world.act("answer")
    world.wait(200)

    starts = [each.start_ns // S for each in world.closed]
    assert starts == list(range(starts[0], starts[0] + len(starts) * SPAN, SPAN)) if starts else True
    began = int((BEGIN + ahead) // SPAN) * SPAN
    if past is not None and all(what != "fail" for _, what in acts):
        assert starts[0] == began
    if world.trades:
        assert starts[-1] >= last
    close = Decimal(7) if past is not None else None
    for each in world.closed:
        truth = world.bar(each.start_ns // S)
        if each.origin is Origin.DOUBTFUL:
            assert any(what == "fail" for _, what in acts)
        elif truth is None:
            assert each.volume == 0
            assert close is None or each.open == each.close == each.high == each.low == close
        else:
            told = each.open, each.close, each.high, each.low, each.volume, each.turnover
            assert told == truth[1:7]
        close = each.close
