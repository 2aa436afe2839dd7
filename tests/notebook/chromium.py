"""Headless Chromium by its own protocol: open a page, run a line in it, look at it, and count what reaches it."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import websocket

__all__ = ["NAMES", "Page", "chromium", "installed"]

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """Where Chromium is; None: there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One tab. Events are counted while an answer is waited for."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, suppress_origin=True, enable_multithread=False)
        self._number = 0
        self.bytes = self.messages = self.frames = 0
        """What came over WebSockets, and pictures that reached the screen, since they were last set to 0."""
        self.strangers: set[str] = set()
        """Addresses beyond this machine that the page asked for."""
        self.said: list[str] = []
        """What it wrote on its console as errors."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **arguments: Any) -> Any:
        """Have something done, and wait for it."""
        number = self._send(method, arguments)
        while True:
            answer = self._hear(30.0)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def run(self, script: str) -> Any:
        """Evaluate an expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str, within: float = 60.0) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + within
        while not self.run(script):
            assert time.monotonic() < deadline, f"in vain: {script}; {self.said[-5:]}"
            self.listen(0.1)

    def listen(self, seconds: float) -> None:
        """Let so much time go by, and count what happens."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._hear(left)
            except websocket.WebSocketTimeoutException:
                return

    def picture(self) -> bytes:
        """What is on the screen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """Let go of the tab."""
        self._socket.close()

    def _send(self, method: str, arguments: dict[str, Any]) -> int:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": arguments}))
        return self._number

    def _hear(self, within: float) -> dict[str, Any]:
        self._socket.settimeout(within)
        heard: dict[str, Any] = json.loads(self._socket.recv())
        tell = _EVENTS.get(heard.get("method", ""))
        if tell is not None:
            tell(self, heard["params"])
        return heard

    def _on_frame(self, told: dict[str, Any]) -> None:
        self.frames += 1
        self._send("Page.screencastFrameAck", {"sessionId": told["sessionId"]})

    def _on_message(self, told: dict[str, Any]) -> None:
        self.messages += 1
        payload = told["response"]
        length = len(payload["payloadData"])
        self.bytes += length if payload["opcode"] == 1 else length * 3 // 4

    def _on_request(self, told: dict[str, Any]) -> None:
        url = told["request"]["url"]
        if url.startswith("http") and "//127.0.0.1" not in url:
            self.strangers.add(url)

    def _on_words(self, told: dict[str, Any]) -> None:
        entry = told.get("entry") or {"level": told["type"], "text": str(told["args"])}
        if entry["level"] == "error":
            self.said.append(entry["text"][:400])


_EVENTS: Final[dict[str, Callable[[Page, dict[str, Any]], None]]] = {
    "Page.screencastFrame": Page._on_frame,
    "Network.webSocketFrameReceived": Page._on_message,
    "Network.requestWillBeSent": Page._on_request,
    "Log.entryAdded": Page._on_words,
    "Runtime.consoleAPICalled": Page._on_words,
}


@contextmanager
def chromium(folder: Path, *, width: int = 1200, height: int = 1000) -> Iterator[tuple[Page, int]]:
    """Run a browser with a profile of its own; gives its page and its process id."""
    program = installed()
    assert program, "Chromium is not installed"
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    words += ["--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"]
    words += [f"--window-size={width},{height}", f"--user-data-dir={folder}", "about:blank"]
    browser = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = Page(_address(folder, browser))
        try:
            yield page, browser.pid
        finally:
            page.close()
    finally:
        browser.terminate()
        browser.wait(10)


def _address(folder: Path, browser: subprocess.Popen[bytes]) -> str:
    """Where the first tab listens, once the browser has said at which port it does."""
    import requests  # noqa: PLC0415  only where there is a browser

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and browser.poll() is None:
        told = folder / "DevToolsActivePort"
        if told.exists() and (lines := told.read_text().splitlines()):
            for tab in requests.get(f"http://127.0.0.1:{lines[0]}/json", timeout=5).json():
                if tab["type"] == "page":
                    return str(tab["webSocketDebuggerUrl"])
        with suppress(subprocess.TimeoutExpired):
            browser.wait(0.05)
    raise AssertionError("Chromium did not start")
