"""Run inside the bundle of the profile `test`."""

import os
import unittest

from report.render import render, totals, version

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures")


def fixture(name: str):
    return open(os.path.join(FIXTURES, name), encoding="utf-8")


class Render(unittest.TestCase):
    def test_totals(self):
        with fixture("small.csv") as lines:
            self.assertEqual(totals(lines), {"coffee": 5, "tea": 7})

    def test_no_sales(self):
        with fixture("empty.csv") as lines:
            self.assertIn("| product", render(lines))

    def test_version(self):
        self.assertEqual(version(), "dev")

    def test_the_bundle_is_read_only(self):
        with self.assertRaises(OSError):
            open("/app/new", "w")
