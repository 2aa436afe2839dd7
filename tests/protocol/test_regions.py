"""Where each region is served from."""

from typing import Any, get_args

import pytest

from rx_kucoin.protocol.regions import REGIONS, Region, check_url


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


@pytest.mark.parametrize("url", ["https://api.kucoin.com", "http://127.0.0.1:8000/", "http://[::1]:80/below"])
def test_a_rest_host_has_an_address(url: str) -> None:
    assert check_url("rest_url", url) == url


ODD: list[Any] = ["", "api.kucoin.com", "ftp://a.b", "https://", "https://a b", "http://[::", "http://[:::::]"]
ODD += ["http://a:99999", "http://a:0", "https://canary:canary@a.b", "https://a.b/x?canary=1", None, 7, b"https://a.b"]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_address_is_refused_and_not_shown(odd: Any) -> None:
    with pytest.raises(ValueError, match="rest_url is malformed") as caught:
        check_url("rest_url", odd)
    assert "canary" not in str(caught.value)
