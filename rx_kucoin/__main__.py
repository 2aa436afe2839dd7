"""`python -m rx_kucoin` is `rx-kucoin`."""

import sys

from rx_kucoin.cli._main import main

if __name__ == "__main__":
    sys.exit(main())
