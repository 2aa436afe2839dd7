"""`python tests/benchmarks`: see `--help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.command import main  # noqa: E402  found by the line above

if __name__ == "__main__":
    sys.exit(main())
