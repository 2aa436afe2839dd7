"""A process of its own, for its memory: writes a recording, or goes one way through it, and tells what that took."""

import json
import resource
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.tapes.ways import WAYS, Part  # noqa: E402  found by the line above
from benchmarks.tapes.writing import write  # noqa: E402

label, path, messages, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
if label == "write":
    print(json.dumps(write(path, messages)))
else:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    found = WAYS[label](path, Part(messages, seconds))
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"found": found, **took, "before": before / 1024, "peak": peak / 1024}))
