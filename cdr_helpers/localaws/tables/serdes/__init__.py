"""One file per SerDe; `find` gives the one that a storage descriptor names."""

from __future__ import annotations

from .base import SerDe, Storage, UnreadableTable
from .grok import GrokLines
from .json import Json
from .lazysimple import LazySimple
from .opencsv import OpenCsv
from .orc import Orc
from .parquet import Parquet
from .regex import Regex

# last part of the library's name, in lower case → SerDe
SERDES: dict[str, SerDe] = {
    "lazysimpleserde": LazySimple(),
    "opencsvserde": OpenCsv(),
    "parquethiveserde": Parquet(),
    "jsonserde": Json(),
    "avroserde": Json(),  # its records have become lines of JSON
    "orcserde": Orc(),
    "regexserde": Regex(),
    "grokserde": GrokLines(),
}

__all__ = ["SERDES", "LazySimple", "SerDe", "Storage", "UnreadableTable", "find"]


def find(library: str) -> SerDe:
    """The SerDe of a library (`org.apache.hadoop.hive.serde2.OpenCSVSerde`). Raises `UnreadableTable`."""
    name = library.rsplit(".", 1)[-1].lower()
    if name not in SERDES:
        known = ", ".join(sorted(SERDES))
        raise UnreadableTable(
            "NOT_SUPPORTED", f"SerDe {library or 'without a name'} is not supported here; those that are: {known}"
        )
    return SERDES[name]
