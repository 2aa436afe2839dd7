from rx_kucoin.cli._spark import spark

STEPS = "12345678"


def draw(*points: tuple[float, float], now: float = 59.5, width: int = 6) -> str:
    return spark(points, now, width, STEPS)


def test_the_lowest_and_the_highest_take_the_whole_height() -> None:
    assert draw((5, 10.0), (15, 17.0), (25, 12.0)) == "183333"


def test_before_the_first_price_there_is_nothing() -> None:
    assert draw((35, 1.0), (45, 2.0)) == "   188"
    assert draw() == "      "


def test_a_price_from_before_the_minute_is_carried_in() -> None:
    assert draw((-500, 1.0), (25, 2.0)) == "118888"


def test_what_stands_still_is_in_the_middle() -> None:
    assert draw((5, 3.0)) == "555555"


def test_the_picture_moves_on_by_whole_characters() -> None:
    points = ((5, 1.0), (15, 2.0), (25, 3.0))
    assert draw(*points, now=50.0) == draw(*points, now=59.9) == "158888"
    assert draw(*points, now=60.0) == "188888"


def test_it_is_as_wide_as_it_shall_be() -> None:
    assert [len(draw((5, 1.0), width=width)) for width in (0, 1, 7, 60)] == [0, 1, 7, 60]


def test_prices_that_lie_far_apart_break_nothing() -> None:
    assert draw((5, 1e-9), (15, 1e18)) == "188888"
