"""The random numbers of single streams: the same for a replay, and different from stream to stream."""

from rx_kucoin.connections.settings import Settings


def numbers_of(settings: Settings, name: str) -> list[float]:
    random = settings.random_of(name)
    return [random() for _ in range(10)]


def test_a_stream_draws_the_same_random_numbers_for_the_same_seed_and_name() -> None:
    assert numbers_of(Settings(seed=0.5), "/market/level2:A") == numbers_of(Settings(seed=0.5), "/market/level2:A")


def test_streams_of_one_seed_draw_different_random_numbers() -> None:
    settings = Settings(seed=0.5)
    drawn = [numbers_of(settings, f"/market/level2:{symbol}") for symbol in "ABCDEFGH"]
    assert len({number for numbers in drawn for number in numbers}) == 80


def test_a_stream_draws_different_random_numbers_for_another_seed() -> None:
    first, second = (numbers_of(Settings(seed=seed), "/market/level2:A") for seed in (0.5, 0.25))
    assert not {*first} & {*second}


def test_a_seed_is_chosen_anew_unless_it_is_set() -> None:
    assert Settings().seed != Settings().seed
