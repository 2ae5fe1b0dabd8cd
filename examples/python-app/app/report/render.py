"""The report itself."""

import csv
from collections import defaultdict
from typing import Iterable

from tabulate import tabulate


def version() -> str:
    """What the manifest says."""
    with open("/etc/report/version", encoding="utf-8") as text:
        return text.read().strip()


def totals(lines: Iterable[str]) -> dict[str, int]:
    """Units sold of each product; `lines` are CSV with the columns `product` and `units`."""
    units: dict[str, int] = defaultdict(int)
    for row in csv.DictReader(lines):
        units[row["product"]] += int(row["units"])
    return dict(sorted(units.items()))


def render(lines: Iterable[str]) -> str:
    """The table of totals."""
    return tabulate(totals(lines).items(), headers=["product", "units"], tablefmt="github")
