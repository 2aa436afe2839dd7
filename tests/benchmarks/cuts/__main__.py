"""A process of its own for one cut: `python tests/benchmarks/cuts COUNT WAY`; prints what it costs, as JSON."""

import json
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.cuts.cut import WAYS, cut  # noqa: E402  found by the line above

count, (way,) = int(sys.argv[1]), (each for each in WAYS if each == sys.argv[2])
print(json.dumps(cut(count, way)))
