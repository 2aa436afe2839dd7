"""Live charts in JupyterLab and VS Code: `pip install "rx-kucoin[notebook]"`; and bridges to bokeh and streamz."""

from rx_kucoin.notebook._bokeh import to_bokeh
from rx_kucoin.notebook._callback import to_callback
from rx_kucoin.notebook._chart import Chart
from rx_kucoin.notebook._charts import book_chart, candle_chart, live_chart
from rx_kucoin.notebook._streamz import to_streamz

__all__ = ["Chart", "book_chart", "candle_chart", "live_chart", "to_bokeh", "to_callback", "to_streamz"]
