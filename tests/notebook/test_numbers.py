"""How the front end writes numbers: four digits of any price, and marks on an axis that differ."""

import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

import rx_kucoin.notebook

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
CHART = Path(rx_kucoin.notebook.__file__).parent / "front" / "chart.js"


def written(expression: str) -> list[str]:
    """Evaluate a list of texts in node, with the front end's own functions."""
    script = CHART.read_text()
    functions = re.findall(r"^const (?:digits|fitting) = .*$", script, re.MULTILINE)
    axis = re.search(r"values: \(u, splits\) => (splits\.map\(.*?\}\)\))", script)
    assert len(functions) == 2
    assert axis is not None
    lines = [*functions, f"const marks = (splits) => {axis[1]};", f"console.log(JSON.stringify({expression}))"]
    command = ["node", "-e", "\n".join(lines)]
    found: list[str] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


PRICES = ["84521.8", "1.2345", *(f"{Decimal('1.2345').scaleb(-power):f}" for power in range(1, 13))]


@pytest.mark.parametrize("price", PRICES)
def test_a_price_keeps_four_digits_and_differs_from_the_next(price: str) -> None:
    shown, following = written(f"[fitting({price}), fitting({price} * 1.002)]")
    assert Decimal(shown.replace(",", "")) == pytest.approx(Decimal(price), rel=Decimal("0.0005"))
    assert shown != following


@pytest.mark.parametrize("price", PRICES)
def test_marks_of_an_axis_differ(price: str) -> None:
    shown = written(f"marks([0, 1, 2, 3].map((at) => {price} * (1 + at / 500)))")
    assert len(set(shown)) == 4


def test_what_is_no_number_is_a_dash() -> None:
    shown = written("[fitting(null), fitting(NaN), fitting(Infinity), fitting(0), ...marks([5])]")
    assert shown == ["\N{EN DASH}"] * 3 + ["0", "5"]
