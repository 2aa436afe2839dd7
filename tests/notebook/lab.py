"""A real JupyterLab on loopback, and a notebook in it as somebody sees it in a browser."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import requests
from chromium import Page, chromium

__all__ = ["opened", "restart", "run_all", "served"]

_SHOWN: Final = "[...(window.jupyterapp?.shell?.widgets('main') ?? [])][0]"
_READY: Final = f"{_SHOWN}?.sessionContext?.session?.kernel?.status === 'idle'"

_ERRORS: Final = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'


@contextmanager
def opened(notebook: Path, *, python: str = sys.executable, height: int = 1000) -> Iterator[tuple[Page, int, int]]:
    """Open a copy of a notebook; gives its page, and the process ids of the browser and of the server."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copy(notebook, home / "shown.ipynb")
        with served(home, python) as (address, token, pid), chromium(home / "browser", height=height) as (page, other):
            page.call("Page.navigate", url=f"{address}/lab/tree/shown.ipynb?token={token}")
            page.call("Emulation.setFocusEmulationEnabled", enabled=True)
            page.until(_READY)
            page.run(f"window.jupyterapp.shell.activateById({_SHOWN}.id)")
            page.run("window.jupyterapp.commands.execute('application:toggle-left-area').then(() => 1, () => 0)")
            yield page, other, pid


def run_all(page: Page, within: float = 120.0) -> None:
    """Run every cell, and wait until the last one is done."""
    page.run("window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)")
    page.until(_READY, within)
    wrong = page.run(f"[...document.querySelectorAll(`{_ERRORS}`)].map(each => each.innerText).join()")
    assert not wrong, wrong


def restart(page: Page) -> None:
    """Restart the kernel, and wait until it is there again."""
    page.run(f"{_SHOWN}.sessionContext.session.kernel.restart().then(() => true)")
    page.until(_READY)


@contextmanager
def served(home: Path, python: str) -> Iterator[tuple[str, str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    token = secrets.token_hex(16)
    settings = home / "jupyter" / "lab" / "user-settings" / "@jupyterlab"
    for extension, wanted in {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        path = settings / f"{extension}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(wanted))
    words = [python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    words += [
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={home}",
        "--LabApp.expose_app_in_browser=True",
    ]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(home / "jupyter"), "JUPYTER_PLATFORM_DIRS": "1"}
    server = subprocess.Popen(
        words, env=environment, stdout=subprocess.DEVNULL, stderr=(home / "server.log").open("wb")
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"{address}/api?token={token}", timeout=2).raise_for_status()
                break
            except requests.RequestException:
                assert server.poll() is None, (home / "server.log").read_text()[-2000:]
                assert time.monotonic() < deadline, "JupyterLab did not start"
                with suppress(subprocess.TimeoutExpired):
                    server.wait(0.1)
        yield address, token, server.pid
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
