from rx_kucoin.simulator._channels import find
from rx_kucoin.simulator._schedule import DEBT, PeriodicSchedule, ScriptedSchedule, SharedRateSchedule, schedule_for
from rx_kucoin.simulator._streams import Stream


def stream(name: str) -> Stream:
    channel = find("spot", "/market/ticker", "BTC-USDT")
    assert channel is not None
    return Stream(name, "spot", channel, [], "")


def run(what: PeriodicSchedule | SharedRateSchedule, until: float, step: float = 0.01) -> list[str]:
    return [due.topic for beat in range(int(until / step) + 1) for due in what.due(beat * step)]


def test_each_stream_keeps_its_own_period() -> None:
    cadence = PeriodicSchedule(lambda each: {"fast": 0.1, "slow": 1.0}[each.topic])
    for name in ("fast", "slow"):
        cadence.add(stream(name), 0.0)
    heard = run(cadence, 10.0)
    assert 99 <= heard.count("fast") <= 101
    assert 9 <= heard.count("slow") <= 11


def test_streams_of_one_period_do_not_all_speak_at_once() -> None:
    cadence = PeriodicSchedule(lambda _each: 1.0)
    for number in range(100):
        cadence.add(stream(str(number)), 0.0)
    assert all(len(list(cadence.due(beat / 10))) <= 20 for beat in range(1, 30))


def test_a_short_delay_is_made_up_for_and_a_long_one_is_let_go() -> None:
    cadence = PeriodicSchedule(lambda _each: 0.01)
    cadence.add(stream("one"), 0.0)
    run(cadence, 1.0)
    assert 8 <= len(list(cadence.due(1.1))) <= 12
    assert len(list(cadence.due(100.0))) <= DEBT / 0.01 + 2


def test_a_total_rate_is_kept_and_shared_in_turn() -> None:
    shared = SharedRateSchedule(100.0)
    for name in ("one", "two"):
        shared.add(stream(name), 0.0)
    heard = run(shared, 10.0)
    assert 995 <= len(heard) <= 1_001
    assert abs(heard.count("one") - heard.count("two")) <= 1


def test_what_came_about_besides_counts_towards_the_rate() -> None:
    shared = SharedRateSchedule(100.0)
    shared.add(stream("one"), 0.0)
    total = 0
    for beat in range(1_001):
        for _ in shared.due(beat * 0.01):
            total += 2
            shared.published(1)
    assert 990 <= total <= 1_002


def test_the_settings_choose_the_pace() -> None:
    assert isinstance(schedule_for(None, None), PeriodicSchedule)
    assert isinstance(schedule_for(5.0, None), SharedRateSchedule)
    assert isinstance(schedule_for(5.0, 1.0), PeriodicSchedule)
    assert isinstance(schedule_for(0, None), ScriptedSchedule)
    assert isinstance(schedule_for(None, 0), ScriptedSchedule)
