"""Each test that asks for a library runs with pandas, and in CI with polars as well."""

import pytest
from tables.frames import Library


@pytest.fixture(params=["pandas", pytest.param("polars", marks=pytest.mark.ci)])
def library(request: pytest.FixtureRequest) -> Library:
    pytest.importorskip(request.param)
    name: Library = request.param
    return name
