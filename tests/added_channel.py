"""What a user does with the channel that `add_a_channel.diff` adds. Run it with a copy of the package that has it."""

import sys
from typing import assert_type

import msgspec
import reactivex
from reactivex import Observable
from reactivex import operators as ops

import rx_kucoin
from rx_kucoin import KuCoin, messages
from rx_kucoin.messages import Premium
from rx_kucoin.simulator import Simulator


def main(recording: str) -> None:
    streamed, followed = from_simulator(recording)
    found = {
        "package": rx_kucoin.__file__,
        "exported": [name for name in dir(messages) if name == "Premium"],
        "streamed": streamed,
        "followed": followed,
        "replayed": from_recording(recording),
    }
    sys.stdout.buffer.write(msgspec.json.encode(found))


def from_simulator(recording: str) -> tuple[list[Premium], list[Premium]]:
    with Simulator(rate_per_topic=20) as exchange, KuCoin(rest_url=exchange.rest_url) as kucoin:
        stream = kucoin.channel(messages.Premium, "BTC-USDT", "ETH-USDT")
        assert_type(stream, Observable[Premium])
        universe = reactivex.concat(reactivex.just({"ETH-USDT"}), reactivex.never())
        with kucoin.record(recording):
            streamed = stream.pipe(ops.take(10), ops.to_list()).run()
            followed = universe.pipe(kucoin.follow("premium"), ops.take(3), ops.to_list()).run()
    return streamed, followed


def from_recording(recording: str) -> list[Premium]:
    kucoin = KuCoin.replay(recording)
    replayed = list[Premium]()
    kucoin.channel("premium", "BTC-USDT", "ETH-USDT").subscribe(replayed.append)
    kucoin.play()
    return replayed


if __name__ == "__main__":
    main(sys.argv[1])
