"""What was recorded comes out again as it came: to the last digit, with its gaps, breaks and times."""

from pathlib import Path

import pytest
from tape_market import PIPELINES, SPOT, Stage, listen

from rx_kucoin import KuCoin, events

DROPS = [130.3, 431.7]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    path = tmp_path_factory.mktemp("tapes") / "ten_minutes.jsonl.gz"
    seen, _ = Stage(seed=1, renew_every=200.0).record(path, drops=DROPS)
    return path, seen


def test_every_pipeline_brings_the_same_with_a_renewal_a_drop_and_gaps_in_the_middle(
    recorded: tuple[Path, dict[str, list[str]]],
) -> None:
    path, live = recorded
    kucoin = KuCoin.replay(path)
    again = listen(kucoin)
    played = kucoin.play()
    print(f"\n{played}")
    for name in PIPELINES:
        assert again[name] == live[name], name
        print(f"{name}: {len(live[name])} items, the same")
    told = [event.partition("(")[0] for event in live["events"]]
    assert min(told.count("Renewed"), told.count("LineDown"), told.count("Gap"), told.count("BookStale")) >= 2
    assert min(len(story) for story in live.values()) > 10
    assert played.is_complete


@pytest.mark.parametrize("seed", range(2, 6))
def test_and_so_it_is_whatever_happens(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "tape.jsonl.gz"
    stage = Stage(seed=seed, minutes=4.0, renew_every=70.0)
    live, _ = stage.record(path, drops=[stage.dice.uniform(5.0, 230.0) for _ in range(3)], lost=0.03)
    kucoin = KuCoin.replay(path)
    again = listen(kucoin)
    kucoin.play()
    assert again == live


def test_one_pipeline_alone_brings_the_same_as_among_others(recorded: tuple[Path, dict[str, list[str]]]) -> None:
    path, live = recorded
    for name in ("a book", "closed candles", "a debounce"):
        kucoin, story = KuCoin.replay(path), list[object]()
        PIPELINES[name](kucoin).subscribe(story.append)
        kucoin.play()
        assert len(story) == len(live[name]) - 1, name


def test_who_begins_in_the_middle_gets_what_follows_from_there(recorded: tuple[Path, dict[str, list[str]]]) -> None:
    path, _ = recorded
    since, until = 1_200_000_000_000, 1_300_500_000_000

    def times(kucoin: KuCoin) -> list[int]:
        found = list[int]()
        kucoin.level2(SPOT).subscribe(lambda _: found.append(kucoin.scheduler.now_ns))
        kucoin.play()
        return found

    everything = times(KuCoin.replay(path))
    part = times(KuCoin.replay(path, since=since, until="1970-01-01T00:21:40.500"))
    assert part == [time for time in everything if since <= time <= until]
    assert part


def test_a_renewal_loses_nothing_and_a_drop_is_told(recorded: tuple[Path, dict[str, list[str]]]) -> None:
    path, live = recorded
    kucoin, told = KuCoin.replay(path), list[object]()
    kucoin.events.subscribe(told.append)
    kucoin.match(SPOT).subscribe()
    kucoin.play()
    gaps = [event for event in told if isinstance(event, events.Gap) and "match" in event.topic]
    assert [repr(gap) for gap in gaps] == [gap for gap in live["events"] if gap.startswith("Gap") and "match" in gap]
    assert len(gaps) == len(DROPS)
