"""Pages of ListObjects and ListObjectsV2: keys and common prefixes in one order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LAST = "\U0010ffff"


@dataclass(frozen=True)
class Page:
    """One page: keys and common prefixes, and the name after which the next one begins."""

    keys: list[Any]
    folders: list[str]
    next_name: str | None


def page(ordered: list[str], look_up: Callable[[str], Any], prefix: str, delimiter: str, after: str, size: int) -> Page:
    """Up to `size` names (keys and prefixes together) that begin with `prefix` and come after `after`.

    `look_up` gives the object of a key, or None for a key whose newest version is a delete marker.
    """
    keys: list[Any] = []
    folders: list[str] = []
    last = ""
    for name, found in _names(ordered, look_up, prefix, delimiter, after):
        if len(keys) + len(folders) == size:
            return Page(keys, folders, last if size else None)
        last = name
        if found is None:
            folders.append(name)
        else:
            keys.append(found)
    return Page(keys, folders, None)


def _names(
    ordered: list[str], look_up: Callable[[str], Any], prefix: str, delimiter: str, after: str
) -> Iterator[tuple[str, Any]]:
    index = bisect_left(ordered, prefix)
    if after:
        index = max(index, bisect_right(ordered, after))
        if delimiter and after.startswith(prefix) and after.endswith(delimiter):
            index = max(index, bisect_left(ordered, after + LAST))
    while index < len(ordered) and ordered[index].startswith(prefix):
        name = ordered[index]
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        if cut < 0:
            found = look_up(name)
            index += 1
            if found is not None:
                yield name, found
            continue
        folder = name[: cut + len(delimiter)]
        end = index
        while end < len(ordered) and ordered[end].startswith(folder):
            end = min(len(ordered), end + 1)
        if any(look_up(each) is not None for each in ordered[index:end]):
            yield folder, None
        index = end
