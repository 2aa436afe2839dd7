"""`python -m rx_kucoin` is `rx-kucoin`."""

import sys

from rx_kucoin.cli import main

if __name__ == "__main__":
    sys.exit(main())
