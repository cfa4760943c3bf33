"""Write the parts of the documentation that come from code; `--check` only says whether they are current.

A generated part stands between `<!-- begin NAME -->` and `<!-- end NAME -->` in its file.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def columns() -> str:
    """The tables of `data/README.md`."""
    from cdr_helpers.records.columns import markdown

    return markdown()


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "columns": ("data/README.md", columns),
}
"""Name of a part → the file that it is in, the function that writes it."""


def current(name: str) -> tuple[Path, str, str]:
    """The file of a part, its text now, and its text as code would have it."""
    file, write = PARTS[name]
    text = (ROOT / file).read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    part = f"{begin}\n{write()}\n{end}"
    return ROOT / file, text, re.sub(f"{re.escape(begin)}.*{re.escape(end)}", lambda _: part, text, flags=re.DOTALL)


def main() -> int:
    """Bring every part up to date, or say which are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a part is not current")
    check = parser.parse_args().check
    stale = 0
    for name in PARTS:
        file, now, wanted = current(name)
        if now == wanted:
            continue
        stale += 1
        print(f"{file.relative_to(ROOT)}: {name} {'is not current; run `make docs`' if check else 'written'}")
        if not check:
            file.write_text(wanted, encoding="utf-8", newline="\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
