"""`python -m report [FILE.csv | -]`: the report on a file, on standard input, or on the sample."""

import sys

from report.render import render, version


def main() -> int:
    source = sys.argv[1] if len(sys.argv) > 1 else "/data/sales.csv"
    try:
        with sys.stdin if source == "-" else open(source, encoding="utf-8") as lines:
            text = render(lines)
    except OSError as error:
        print(f"report: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(text)
    print(f"-- report {version()}")
    return 0


sys.exit(main())
