"""Secrets show nowhere, whatever goes wrong: in no log, event, error, repr, warning, on no screen and in no file."""

import itertools
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from canary.books import BOOKS
from canary.breaks import ACTS, BREAKS, careless, signed_get
from canary.refusals import REFUSALS
from canary.secrets import Finder, spellings
from canary.stage import KEYS, LOGIN, Stage, exchange_of
from canary.telling import of_error, of_event, of_object, of_stack
from canary.watch import Watch
from waiting import eventually, nothing_left

from rx_kucoin import Credentials, KuCoin
from rx_kucoin.errors import DialFailed
from rx_kucoin.events import Malformed
from rx_kucoin.protocol.token import read_token
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.proxy import Proxy

pytestmark = pytest.mark.socket

LEVELS = [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]
EVERYTHING = {**REFUSALS, **BREAKS, **BOOKS}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stage(empty_folder: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    """What is told by the end holds no secret."""
    with nothing_left(), exchange_of() as exchange, Watch().watching() as watch:
        made = Stage(exchange, watch)
        with made.knowing():
            yield made
    out, err = capfd.readouterr()
    made.tell(out, err, *(path.read_text("latin-1") for path in empty_folder.rglob("*") if path.is_file()))
    appearances = made.appearances()
    with capfd.disabled():
        print(
            f"\n{len(made.failures)} failures made; {watch.records} records of the log, {watch.hooked} calls of hooks, "
            f"{len(watch.texts)} texts looked at for {len(made.finder)} secrets; appearances: {len(appearances)}"
        )
    for name, text in appearances[:60]:
        print(name, "in", text[:1000])
    assert not appearances
    assert made.failures


def test_no_secret_shows_whatever_goes_wrong(stage: Stage) -> None:
    with stage.watch.at(logging.DEBUG):
        for name, (arrange, expected) in EVERYTHING.items():
            with arrange(stage) as settings:
                stage.fail(name, expected, settings)
            stage.exchange.faults.clear()
        for name, (act, expected) in ACTS.items():
            stage.fail(name, expected, {}, partial(act, stage))


def test_no_secret_shows_when_all_is_closed_amid_it_at_any_level_of_the_log(stage: Stage) -> None:
    for number, (name, (arrange, _)) in enumerate(EVERYTHING.items()):
        with stage.watch.at(LEVELS[number % len(LEVELS)]), arrange(stage) as settings:
            stage.fail_and_close(name, settings, moment=number % 7)
        stage.exchange.faults.clear()


def test_no_secret_shows_where_an_error_is_raised_to_the_main_thread_or_handled_by_nobody(stage: Stage) -> None:
    with stage.watch.at(logging.DEBUG):
        for name, (arrange, expected) in itertools.islice(EVERYTHING.items(), 0, None, 4):
            with arrange(stage) as settings:
                stage.fail_waiting(name, settings)
                stage.fail(f"{name}, and nobody cares", expected, settings, partial(careless, stage))
            stage.exchange.faults.clear()
        with REFUSALS["refused 400006"][0](stage) as settings:
            stage.fail("a signed GET that nobody cares for", object, settings, partial(signed_get, stage))
            assert eventually(lambda: stage.watch.hooked or stage.watch.records)


def credentials(**changes: str) -> Credentials:
    return Credentials(**{**dict(zip(("key", "secret", "passphrase"), KEYS, strict=True)), **changes})


def environment(**changes: str) -> dict[str, str]:
    names = ("KUCOIN_API_KEY", "KUCOIN_API_SECRET", "KUCOIN_API_PASSPHRASE")
    return {**dict(zip(names, KEYS, strict=True)), **changes}


PROXY = f"http://{LOGIN}@127.0.0.1:1"
WRONG: list[Callable[[], Any]] = [
    lambda: credentials(passphrase=""),
    lambda: credentials(key="odd\nkey"),
    lambda: credentials(version="7", nonsense=""),
    lambda: Credentials.from_environment(environment(KUCOIN_API_SECRET="")),
    lambda: Credentials.from_environment(environment(KUCOIN_API_PASSPHRASE=KEYS[2] + "\n")),
    lambda: Credentials.from_environment(environment(KUCOIN_API_KEY_VERSION="1")),
    lambda: Network(proxy=PROXY, timeout=0),
    lambda: Network(proxy=PROXY + "/path"),
    lambda: Proxy.read(PROXY + "/path"),
    lambda: Network(proxy=PROXY.replace("http:", "socks4:")),
    lambda: Network(proxy=PROXY.replace("http:", "ftp:")),
    lambda: Network(proxy=PROXY.replace("odduser", "odd%0Auser")),
    lambda: Network(proxy=PROXY.replace("%C3%A9", "%E2%82%AC")),
    lambda: KuCoin(proxy=PROXY, credentials=credentials(), region="mars"),  # type: ignore[arg-type]
    lambda: KuCoin(proxy=PROXY, credentials=credentials(), renew_every=-1),
    lambda: KuCoin(proxy=PROXY + "?x", credentials=credentials()),
    lambda: KuCoin(proxy=PROXY, credentials=credentials(), nonsense=1),  # type: ignore[call-arg]
]


def test_a_wrong_argument_is_told_without_those_beside_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, make in enumerate(WRONG):
        with pytest.raises((ValueError, TypeError)) as caught:
            make()
        stage.tell(*of_error(caught.value))
        stage.failures.append(f"wrong argument {number}")
    for name, value in environment(KUCOIN_API_SECRET="").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="missing: KUCOIN_API_SECRET") as half:
        KuCoin().orders()
    stage.tell(*of_error(half.value))


def test_a_look_at_who_called_a_subscriber_shows_no_secret(stage: Stage) -> None:
    stories: list[str] = []

    def look(kucoin: KuCoin) -> None:
        def note(_: object) -> None:
            stories.extend(of_stack())

        kucoin.ticker("ETH-USDT").subscribe(note)
        assert eventually(lambda: stage.exchange.listeners("/market/ticker:ETH-USDT"))
        stage.exchange.tick("/market/ticker:ETH-USDT")
        assert eventually(lambda: stories)

    stage.fail("a look", object, {}, look)
    stage.tell(*stories)
    assert any("sockets.py" in story and " _live " in story for story in stories)


def test_what_holds_secrets_does_not_show_them(stage: Stage) -> None:
    token = stage.exchange._state.gateway.tokens.issue("spot", private=True, now=0)
    data = f'{{"token":"{token}","instanceServers":[{{"endpoint":"wss://ws.example/"}}]}}'
    for shown in (read_token(data.encode(), "POST"), Network(proxy=PROXY), Network(proxy=PROXY).way, credentials()):
        stage.tell(*of_object(shown))
    stage.failures.append("a look at what is well")


@dataclass
class Careless:
    key: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Telling(Malformed):
    cause: Exception


def in_a_frame(told: str) -> Exception:
    """An error with a frame that holds what was told, which is not one of a test."""
    scope: dict[str, Any] = {}
    exec(compile("def fail(held):\n    raise ValueError('said nothing')", "library.py", "exec"), scope)  # noqa: S102
    with pytest.raises(ValueError, match="nothing") as caught:
        scope["fail"](told)
    return caught.value


@pytest.mark.parametrize("spelt", sorted(set(spellings(KEYS[1]))))
def test_a_secret_that_shows_is_found(spelt: str) -> None:
    finder = Finder()
    finder.know("the secret", KEYS[1])
    hidden: Exception = DialFailed("x")
    hidden.__context__ = DialFailed(spelt)
    hidden.__suppress_context__ = True
    told = [spelt, f"it was {spelt[2:20]}", *of_object(Careless("k", KEYS[1]))]
    assert [bool(finder.find(text)) for text in told] == [True] * 4
    for error in (DialFailed(spelt), hidden, in_a_frame(spelt)):
        assert finder.find_all(of_error(error))
        assert finder.find_all(of_event(Telling(1, "", "", 1, cause=error)))
    assert finder.find_all(of_event(Malformed(1, spelt, "", 1)))
    assert not finder.find_all(of_error(DialFailed("nothing of it")))


def in_a_thread() -> None:
    raise in_a_frame(KEYS[1])


@pytest.mark.parametrize("say", ["message", "argument", "exception", "warning", "thread"])
def test_a_log_or_a_warning_that_tells_a_secret_is_found(say: str) -> None:
    finder = Finder()
    finder.know("the secret", KEYS[1])
    log = logging.getLogger("rx_kucoin.nowhere")
    with Watch().watching() as watch, watch.at(logging.DEBUG):
        log.debug("nothing")
        assert not finder.find_all(watch.texts)
        if say == "message":
            log.debug(f"it is {KEYS[1]}")  # noqa: G004
        elif say == "argument":
            log.debug("%s", {"secret": Careless("k", KEYS[1])})
        elif say == "exception":
            log.debug("nothing", exc_info=in_a_frame(KEYS[1]))
        elif say == "thread":
            thread = threading.Thread(target=in_a_thread)
            thread.start()
            thread.join()
            assert watch.hooked == 1
        else:
            warnings.warn(KEYS[1], stacklevel=1)
    assert finder.find_all(watch.texts)
