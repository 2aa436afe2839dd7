"""Whatever happens between a session and an exchange: in the end the exchange has what is wanted, and nothing else."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rx_kucoin.protocol.channels import is_private
from rx_kucoin.protocol.session_events import Confirmed, Failed, Full, Outcome, Postponed, Refused
from rx_kucoin.protocol.topics import Topic
from tests.protocol.conversation import Conversation, Line, read, tickers
from tests.protocol.model_exchange import Manners, ModelExchange

MOST = 5
TOPICS = (
    *tickers(9),
    "/market/match:BTC-USDT",
    "/market/match:ETH-USDT",
    "/market/ticker:all",
    "/account/balance",
    "/contract/announcement",
    "/contract/announcement:XBTUSDTM",
)
ROUNDS = 500
"""More than any conversation of these few topics takes to come to its end."""

topics = st.sets(st.sampled_from(TOPICS), min_size=1)


class Talk(RuleBasedStateMachine):
    @initialize(
        bad=st.frozensets(st.sampled_from(TOPICS), max_size=3),
        per_time=st.sampled_from([1, 2, 3, 100, 100]),
        per_session=st.sampled_from([1, 3, 6, 400, 400]),
        named=st.sampled_from([None, None, None, 0, 1, 4, 400]),
    )
    def begin(self, bad: frozenset[str], per_time: int, per_session: int, named: int | None) -> None:
        self.talk = Conversation(welcomed=False, most=MOST)
        self.exchange = ModelExchange(Manners(bad, per_time, per_session, named))
        self.wishes: set[str] = set()
        self.flying: dict[str, str] = {}
        self.silent_rounds = 0
        self.ended = False

    def going(self) -> bool:
        return not self.ended

    @rule(topics=topics)
    def want(self, topics: set[str]) -> None:
        self.wishes |= topics
        self.talk.want(*sorted(topics))

    @rule(topics=topics)
    def unwant(self, topics: set[str]) -> None:
        self.wishes -= topics
        self.talk.unwant(*sorted(topics))

    @precondition(going)
    @rule()
    def welcome(self) -> None:
        self.talk.hear(id="connect", type="welcome")

    @precondition(going)
    @rule()
    def say(self) -> None:
        text = self.talk.session.next_request(self.talk.now)
        if text is None:
            return
        assert self.talk.session.welcomed
        self.check(line := read(text))
        self.flying.update(dict.fromkeys(line.topics, line.id))
        self.exchange.lines.append(line)

    def check(self, line: Line) -> None:
        assert len(line.topics) <= MOST
        assert len({Topic.parse(topic).prefix for topic in line.topics}) == 1
        assert line.private == any(is_private(topic) for topic in line.topics)
        assert not self.flying.keys() & set(line.topics), "asked again before an answer"
        assert len(line.topics) == 1 or not any(topic in TOPICS[-4:] for topic in line.topics)

    @precondition(lambda self: self.going() and self.exchange.lines)
    @rule(fate=st.sampled_from(["heard", "heard", "heard", "heard", "trouble", "silent", "silent trouble", "lost"]))
    def arrive(self, fate: str) -> None:
        if fate == "lost":
            self.exchange.lines.popleft()
        else:
            self.exchange.take_line(trouble="trouble" in fate, silent="silent" in fate)

    @precondition(lambda self: self.going() and self.exchange.answers)
    @rule()
    def hear(self) -> None:
        answer = self.exchange.answers.popleft()
        if answer["id"] in self.talk.session._pending:
            self.silent_rounds = 0
        outcome = self.talk.hear(**answer)
        left_open = self.talk.session._request_of
        self.flying = {t: id_ for t, id_ in self.flying.items() if id_ != answer["id"] or left_open.get(t) == id_}
        self.learn(outcome)

    @precondition(going)
    @rule(seconds=st.sampled_from([1, 4, 10]))
    def wait(self, seconds: int) -> None:
        outcome = self.talk.wait(seconds)
        if isinstance(outcome, Postponed):
            self.silent_rounds += 1
            for topic in outcome.topics:
                del self.flying[topic]
        self.learn(outcome)

    def learn(self, outcome: Outcome | None) -> None:
        match outcome:
            case Refused(topic):
                assert topic in self.exchange.manners.bad
                self.wishes.remove(topic)
            case Full(surplus, limit):
                assert self.exchange.manners.per_session < len(TOPICS)
                assert surplus
                assert limit > 0
                self.wishes -= set(surplus)
            case Confirmed(topics):
                assert set(topics) <= self.wishes
            case Failed(why):
                assert why == "lost" or not self.talk.confirmed
                assert why == "busy" or self.silent_rounds >= 2
                self.ended = True
            case _:
                pass

    @invariant()
    def no_wish_is_lost(self) -> None:
        assert self.talk.wanted == self.wishes

    def teardown(self) -> None:
        if not hasattr(self, "talk"):
            return
        self.welcome()
        for _ in range(ROUNDS):
            if self.ended or not (self.talk.session.has_requests or self.flying or self.exchange.answers):
                break
            self.say()
            while self.exchange.lines:
                self.exchange.take_line()
            while self.exchange.answers and not self.ended:
                self.hear()
            if not self.ended and not self.talk.session.has_requests:
                self.wait(10)
        if not self.ended:
            assert not self.flying
            assert self.exchange.held == self.talk.confirmed == self.wishes


Talk.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTalk = Talk.TestCase
