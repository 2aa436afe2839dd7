"""Charts in a real kernel, before the simulated exchange, with this test as the front end."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from jupyter_client.manager import KernelManager
from waiting import eventually

pytestmark = pytest.mark.socket

PREPARE = """
import os, threading, time
from reactivex import Observable
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.subject import Subject
from ipywidgets.widgets.widget import _instances
from rx_kucoin import KuCoin
from rx_kucoin.notebook import book_chart, candle_chart, live_chart
from rx_kucoin.simulator import Simulator

exchange = Simulator(seed=7, rate_per_topic=50).start()
kucoin = KuCoin(rest_url=exchange.rest_url, linger=0.05)

alive = []

def watched(source):
    def subscribe(observer, scheduler=None):
        alive.append(1)
        return CompositeDisposable(source.subscribe(observer), Disposable(alive.pop))
    return Observable(subscribe)

def counted():
    links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    sockets = [link for link in links if os.path.lexists(link) and os.readlink(link).startswith("socket:")]
    threads = threading.active_count()
    return {"threads": threads, "sockets": len(sockets), "subscriptions": len(alive), "widgets": len(_instances),
            "all": kucoin}

def quiet():
    return not any("rx_kucoin charts" in thread.name for thread in threading.enumerate())
"""


class Front:
    """A kernel, and what a notebook's front end says to it and hears from it."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel()
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)
        self.comms: list[str] = []
        self.frames: list[dict[str, Any]] = []
        self.outputs: list[tuple[str, dict[str, Any], str]] = []
        """The place, what is to stand there, and the request that it answers to."""

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str, cell: str | None = None, *, deleted: tuple[str, ...] = ()) -> str:
        """Run a cell to its end; gives the text of its value, or its error."""
        request = self.ask(code, cell, deleted=deleted)
        values: list[str] = []
        self.until(lambda message: self._ends(message, request, values))
        return values[-1] if values else ""

    def ask(self, code: str, cell: str | None = None, *, deleted: tuple[str, ...] = ()) -> str:
        """Begin to run a cell."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content)
        message["metadata"] = {"deletedCells": list(deleted)} | ({"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def say(self, comm: str, **words: Any) -> None:
        """Speak as a widget does."""
        content = {"comm_id": comm, "data": {"method": "custom", "content": words}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def until(self, condition: Callable[[dict[str, Any]], bool], within: float = 20.0) -> None:
        deadline = time.monotonic() + within
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            self._note(message)
            if condition(message):
                return

    def hear(self, seconds: float) -> list[dict[str, Any]]:
        """Listen for so long; gives the frames that came."""
        before, deadline = len(self.frames), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.client.iopub_channel.socket.poll(left * 1000):
                self._note(self.client.get_iopub_msg(timeout=1))
        return self.frames[before:]

    def _note(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open" and content["data"]["state"].get("_model_name") == "AnyModel":
            self.comms.append(content["comm_id"])
        if kind == "comm_msg" and content["data"].get("method") == "custom":
            told = content["data"]["content"]
            self.frames.append(told | {"comm": content["comm_id"], "bytes": sum(map(len, message["buffers"]))})
        if kind in {"display_data", "update_display_data"}:
            place, request = content["transient"].get("display_id", ""), message["parent_header"]["msg_id"]
            self.outputs.append((place, content["data"], request))

    def _ends(self, message: dict[str, Any], request: str, values: list[str]) -> bool:
        if message["parent_header"].get("msg_id") != request:
            return False
        content = message["content"]
        if message["msg_type"] == "execute_result":
            values.append(content["data"]["text/plain"])
        if message["msg_type"] == "error":
            values.append(content["ename"])
        return message["msg_type"] == "status" and content["execution_state"] == "idle"


@pytest.fixture(scope="module")
def started() -> Iterator[Front]:
    front = Front()
    try:
        assert front.run(PREPARE) == ""
        yield front
    finally:
        front.close()


@pytest.fixture
def front(started: Front) -> Iterator[Front]:
    yield started
    started.run("from rx_kucoin.notebook._cells import CELLS; CELLS.stop_all(picture=False)", uuid4().hex)
    assert eventually(lambda: started.run("quiet()") == "True")


BID = 'live_chart(watched(kucoin.level1("BTC-USDT")), y="bid.price")'


@pytest.mark.parametrize("cell", ["one", None], ids=["the cell has an id", "the cell has none"])
def test_a_cell_run_20_times_leaves_one_subscription(front: Front, cell: str | None) -> None:
    front.run(BID, cell)
    assert eventually(lambda: "1 topic" in front.run("counted()"))
    front.hear(0.5)
    once = front.run("counted()")
    assert "'subscriptions': 1" in once
    for _ in range(19):
        front.run(BID, cell)
    assert eventually(lambda: front.run("counted()") == once), (once, front.run("counted()"))


def test_a_cell_that_makes_two_charts_keeps_both_and_one_that_is_edited_keeps_none(front: Front) -> None:
    front.run("first, second = live_chart(Subject()), live_chart(Subject())", "two")
    assert front.run("first.state, second.state") == "('waiting', 'waiting')"
    front.run("1 + 1", "two")
    assert front.run("first.state, second.state") == "('stopped', 'stopped')"


def test_a_name_is_taken_over_by_the_next_chart_that_has_it(front: Front) -> None:
    front.run("first = live_chart(Subject(), name='mine')", "a")
    front.run("second = live_chart(Subject(), name='mine')", "b")
    assert front.run("first.state, second.state") == "('stopped', 'waiting')"


def test_a_cell_that_is_deleted_takes_its_chart_with_it(front: Front) -> None:
    front.run("chart = live_chart(Subject())", "gone")
    front.run("1", "other", deleted=("gone",))
    assert front.run("chart.state") == "'stopped'"


def test_a_cell_that_is_back_keeps_its_chart_though_requests_in_line_tell_that_it_was_deleted(front: Front) -> None:
    front.run("chart = live_chart(Subject())", "back", deleted=("back",))
    front.run("1", "other", deleted=("back",))
    assert front.run("chart.state") == "'waiting'"
    front.run("chart = live_chart(Subject()); display(chart)", "back")
    front.say(front.comms[-1], views=1)
    assert eventually(lambda: front.run("chart.is_seen") == "True")
    front.run("1", "other", deleted=("back",))
    assert front.run("chart.state") == "'waiting'"


def test_an_interrupt_stops_the_charts_of_the_cell_that_runs_and_no_others(front: Front) -> None:
    front.run("before = live_chart(Subject())", "before")
    request = front.ask("chart = live_chart(Subject()); print('made'); time.sleep(60)", "running")
    front.until(lambda message: message["msg_type"] == "stream")
    front.manager.interrupt_kernel()
    ended: list[str] = []
    front.until(lambda message: front._ends(message, request, ended))
    assert ended == ["KeyboardInterrupt"]
    assert front.run("chart.state, before.state") == "('stopped', 'waiting')"


def test_an_interrupt_between_cells_stops_every_chart(front: Front) -> None:
    front.run("chart = live_chart(Subject())", "idle")
    front.hear(0.3)  # the kernel's own handler is put back after the cell
    front.manager.interrupt_kernel()
    assert eventually(lambda: front.run("chart.state") == "'stopped'")
    front.manager.interrupt_kernel()  # and with no chart left, an interrupt does nothing, as ever
    assert front.run("1 + 1") == "2"


def test_a_chart_whose_output_was_deleted_stops_and_one_that_is_shown_again_does_not(front: Front) -> None:
    front.run("chart, other = live_chart(Subject()), live_chart(Subject()); display(chart, other)", "seen")
    gone, kept = front.comms[-2:]
    for comm in (gone, kept):
        front.say(comm, views=1)
        front.say(comm, views=0)
    front.until(lambda _: any(frame["comm"] == kept and "seen" in frame for frame in front.frames))
    front.say(kept, views=1)  # as another window answers
    assert eventually(lambda: front.run("chart.state") == "'stopped'")
    assert front.run("other.state") == "'waiting'"


def test_when_a_chart_is_over_a_picture_takes_its_place(front: Front) -> None:
    front.run("chart = live_chart(source := Subject()); chart", "kept")
    display, data, request = front.outputs[-1]
    assert "application/vnd.jupyter.widget-view+json" in data
    front.run("source.on_next(1.0); source.on_next(2.0); source.on_error(OSError('no route'))")
    assert eventually(lambda: front.run("chart.state") == "'failed'" and front.outputs[-1][1] is not data)
    assert (front.outputs[-1][0], front.outputs[-1][2]) == (display, request)
    assert front.outputs[-1][1]["image/png"].startswith("iVBOR")
    assert "stream ended: OSError: no route" in front.outputs[-1][1]["text/plain"]


def test_no_picture_is_drawn_of_a_chart_that_is_shown_nowhere(front: Front) -> None:
    front.run("drawn = []; chart = live_chart(Subject()); chart.figure = lambda: drawn.append(1); chart.stop()", "none")
    assert front.run("drawn") == "[]"


def test_only_what_is_new_is_sent_and_nothing_while_nothing_is(front: Front) -> None:
    front.run("chart = live_chart(source := Subject()); chart", "new")
    comm = front.comms[-1]
    front.run("for each in range(5_000): source.on_next(each)")
    front.say(comm, missing=0)
    front.until(
        lambda _: bool(front.frames) and front.frames[-1]["comm"] == comm and front.frames[-1]["bytes"] == 120_000
    )
    front.say(comm, drawn=front.frames[-1]["number"])
    front.hear(0.7)
    before = len(front.frames)
    front.run("source.on_next(1)")
    (frame,) = front.frames[before:] + front.hear(0.5)
    assert (frame["whole"], frame["bytes"]) == (False, 24)
    assert front.hear(0.5) == []


def test_a_front_end_that_lags_is_sent_no_more_until_it_has_drawn_but_a_cell_that_runs_is_no_lag(front: Front) -> None:
    front.run("chart = live_chart(source := Subject(), fps=50, points=100); chart", "lag")
    comm = front.comms[-1]
    front.run(
        "def feed():\n    while chart.state != 'stopped':\n        source.on_next(1.0); time.sleep(0.005)\n"
        "threading.Thread(target=feed, daemon=True).start()"
    )
    front.say(comm, missing=0)
    front.hear(0.2)
    front.say(comm, drawn=front.frames[-1]["number"])
    before = len(front.frames)
    front.run("time.sleep(3.5)")  # meanwhile no answer could be heard
    assert len(front.frames) - before > 125  # 2.5 seconds' frames may be on their way
    front.hear(0.2)
    assert front.hear(0.8) == []
    front.say(comm, drawn=front.frames[-1]["number"])
    assert len(front.hear(0.5)) > 10
    front.say(comm, missing=front.frames[-1]["number"])
    assert any(frame["whole"] for frame in front.hear(0.3))
    front.run("chart.stop()")


def test_a_kernel_that_is_restarted_leaves_no_chart_and_no_connection() -> None:
    front = Front()
    front.run(PREPARE)
    front.run(BID + "; None", "last")
    front.run("import atexit; atexit.register(kucoin.close)")
    front.client.shutdown()
    assert eventually(lambda: not front.manager.is_alive(), within=10.0)
    front.close()
