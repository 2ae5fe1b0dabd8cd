"""Reports on a text that is shipped with it, using the embedded standard library."""

import collections
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))


def main() -> None:
    with open(os.path.join(HERE, "text.txt"), encoding="utf-8") as text:
        words = re.findall(r"[a-z]+", text.read().lower())
    report = {
        "python": sys.version.split()[0],
        "library": os.path.dirname(os.__file__),
        "words": len(words),
        "most common": collections.Counter(words).most_common(3),
    }
    print(json.dumps(report, indent=2))


main()
