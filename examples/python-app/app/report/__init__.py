"""Turns a table of sales into a report."""
