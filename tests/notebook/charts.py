from contextlib import ExitStack

from rx_kucoin import KuCoin
from rx_kucoin.notebook import book_chart, candle_chart, live_chart
from rx_kucoin.simulator import Simulator

opened = ExitStack()
exchange = opened.enter_context(Simulator(seed=7, rate_per_topic=20))
kucoin = opened.enter_context(KuCoin(rest_url=exchange.rest_url))
# %%
live_chart(kucoin.ticker("BTC-USDT"), y=["best_bid", "best_ask"])
# %%
book_chart(kucoin.book("BTC-USDT", every=0.1))
# %%
candle_chart(kucoin.candles("BTC-USDT", "1min"))
