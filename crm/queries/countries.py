"""Names of countries by the two-letter code of ISO 3166-1, with the European Union beside them."""

from __future__ import annotations

import csv
from functools import cache

from crm.resources import data_dir


@cache
def countries() -> dict[str, str]:
    """Every country's name by its code, in the order of the names; read once."""
    with (data_dir() / "countries.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def name(code: str) -> str:
    """The name of a country; of a code that is not listed, the code."""
    return countries().get(code, code)
