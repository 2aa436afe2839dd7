"""A client's process: `python tests/benchmarks/clients NAME`; its orders come as JSON lines on stdin."""

import importlib
import importlib.metadata
import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

BORN_NS = int(os.environ.get("BENCHMARK_BORN_NS", time.monotonic_ns()))

sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.clients.probe import Probe  # noqa: E402  found by the line above
from benchmarks.symbols import symbols  # noqa: E402


def obey(probe: Probe) -> None:
    """Do as told; when nobody is there to tell any more, end."""
    try:
        for line in sys.stdin:
            order = json.loads(line)
            tell(**getattr(probe, order.pop("do"))(**order))
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(0)


def tell(**answer: Any) -> None:
    print(json.dumps(answer), file=OUT, flush=True)


OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever a client prints goes elsewhere
name, way, topics, rest_url, socket_url = sys.argv[1:6]
try:
    client = importlib.import_module(f"benchmarks.clients.{name}")
    tell(package=client.PACKAGE, version=importlib.metadata.version(client.PACKAGE) if client.PACKAGE else "")
except (ImportError, importlib.metadata.PackageNotFoundError) as missing:
    tell(missing=str(missing))
    sys.exit()
probe = Probe(BORN_NS)
threading.Thread(target=obey, args=(probe,), name=Probe.thread, daemon=True).start()
told = client.run(way, symbols(int(topics)), probe.hear, rest_url, socket_url)
if told:
    tell(**told)
