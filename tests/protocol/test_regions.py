"""Where each region is served from."""

from typing import get_args

from rx_kucoin.protocol.regions import REGIONS, Region


def test_every_region_has_hosts_of_its_own_or_says_who_it_is() -> None:
    assert set(REGIONS) == set(get_args(Region))
    assert len({(hosts.spot, hosts.futures, *hosts.headers.items()) for hosts in REGIONS.values()}) == len(REGIONS)


def test_the_europeans_hosts_are_european_and_the_others_are_not() -> None:
    for region, hosts in REGIONS.items():
        ending = "kucoin.eu" if region == "eu" else "kucoin.com"
        assert (hosts.spot, hosts.futures) == (f"https://api.{ending}", f"https://api-futures.{ending}")


def test_australia_says_so_in_a_header() -> None:
    assert dict(REGIONS["australia"].headers) == {"X-SITE-TYPE": "australia"}
    assert not REGIONS["global"].headers
    assert not REGIONS["eu"].headers
