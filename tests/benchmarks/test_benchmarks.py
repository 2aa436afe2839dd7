"""The benchmarks can still be run: a tiny one, with what is always installed."""

import json
from math import isfinite

import pytest

from benchmarks.catalogue import CLIENTS, LIMIT
from benchmarks.command import main
from benchmarks.exchange.frames import Feed
from benchmarks.goals import Goal, goals
from benchmarks.plan import SCHEMES, TOPICS, Cell, plan
from benchmarks.results import Results
from benchmarks.rounds import run
from benchmarks.symbols import TICKER, symbols
from benchmarks.table import table

pytestmark = [pytest.mark.ci, pytest.mark.socket]

OURS = tuple(client for client in CLIENTS if client.group == "ours")


@pytest.fixture(scope="module")
def results() -> Results:
    cells = [
        Cell(LIMIT, "ws", TOPICS, blasts=1, paced=50),
        Cell(OURS[0], "ws", TOPICS, blasts=1, paced=50, slow=50),
        Cell(OURS[1], "wss", TOPICS, blasts=1),
    ]
    results = Results(1)
    run(cells, results, {}, lambda _: None, live=False)
    return results


def test_nothing_is_lost_on_the_way_and_every_figure_is_one(results: Results) -> None:
    for key, scheme in ((LIMIT.key, "ws"), (OURS[0].key, "ws"), (OURS[1].key, "wss")):
        assert results.most(key, scheme, TOPICS, "lost") == 0
        for name in ("first_s", "rest_kib", "peak_kib", "sent"):
            assert results.figure(key, scheme, TOPICS, name) > 0
        assert 0 < results.cpu_us(key, scheme, TOPICS) < 1_000


def test_stamped_messages_tell_their_delay_and_a_slow_subscriber_loses_none(results: Results) -> None:
    for key in (LIMIT.key, OURS[0].key):
        assert 0 < results.delay_us(key, "ws", TOPICS, 0.5) < 1_000_000
        assert results.most(key, "ws", TOPICS, "paced_lost") == 0
    assert results.most(OURS[0].key, "ws", TOPICS, "slow_lost") == 0


def test_the_table_fits_and_leaves_out_what_was_not_measured(results: Results) -> None:
    results.live_s.append(1.0)
    results.versions |= {f"some-client-{number}": "1.2.3" for number in range(9)}
    lines = list(table(results))
    assert max(map(len, lines)) <= 120
    assert any(line.startswith("rx_kucoin, raw") for line in lines)
    assert not any(line.startswith("cryptofeed") for line in lines)
    verdicts = {goal.label: goal.met for goal in goals(results)}
    assert verdicts["lost, all runs of ours"] is True
    assert verdicts["ws: raw, x picows"] is None
    json.dumps(results.plain())


def test_a_client_that_is_not_installed_or_fails_is_named() -> None:
    results, absent = Results(1), CLIENTS[-1]
    cell = Cell(absent, "ws", TOPICS, blasts=1)
    results.failed(cell, "it ended")
    assert any(line.startswith(absent.label) and "failed: it ended" in line for line in table(results))
    results.add(cell, {"missing": "No module"})
    assert any(line.startswith(absent.label) and "not installed" in line for line in table(results))


def test_a_bound_is_met_from_below_or_above() -> None:
    assert Goal("", 1.0, 1.0).met
    assert not Goal("", 1.1, 1.0).met
    assert Goal("", 1.1, 1.0, at_least=True).met
    assert Goal("", float("nan"), 1.0).met is None


def test_a_plan_has_the_limit_and_whoever_is_asked_for_on_both_schemes() -> None:
    cells = plan(("ours",), quick=True)
    assert {cell.client.name for cell in cells} == {"bare", "ours"}
    assert {cell.scheme for cell in cells} == set(SCHEMES)
    assert {cell.client.name for cell in plan((), quick=False)} == {client.name for client in CLIENTS}


def test_no_two_tickers_are_alike_and_sequences_rise() -> None:
    feed = Feed()
    data = [json.loads(frame[4:])["data"] for frame in feed.many([TICKER + name for name in symbols(3)], 1_000)]
    sequences = [int(each["sequence"]) for each in data]
    assert sequences == sorted(set(sequences))
    assert len({each["price"] for each in data}) > 900
    assert all(isfinite(float(each["bestBidSize"])) for each in data)


@pytest.mark.parametrize(
    "wrong", [["--only", "nobody"], ["--peer", "ccxt"], ["--rounds", "0"], ["profile", "--rounds", "0"], ["memory"]]
)
def test_a_wrong_argument_is_refused_before_anything_runs(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(wrong)
    assert refused.value.code == 2
