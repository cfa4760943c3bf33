"""Tables of the catalog as the sources of a run, checked when it is started.

Source: AWS Glue API reference, "Data Quality API", `DataSource` and `GlueTable`.
"""

from __future__ import annotations

from typing import Any

from ..errors import InvalidInput
from .filters import table_in

Record = dict[str, Any]

PREDICATES = ("pushDownPredicate", "catalogPartitionPredicate")
"""The options of a table. Both leave out partitions; where AWS does so makes no difference to the rows."""


def check(source: Record | None, account: str) -> None:
    """Raises `InvalidInput` for a source that is no table of this account's catalog, or needs what is not done here."""
    table = table_in(source)
    if not table:
        raise InvalidInput("DataSource must have a GlueTable or a DataQualityGlueTable.")
    if not table.get("DatabaseName") or not table.get("TableName"):
        raise InvalidInput("DatabaseName and TableName are required.")
    if table.get("CatalogId") not in (None, account):
        raise InvalidInput(f"The catalog {table['CatalogId']} is another account's; only that of {account} is here.")
    for member in ("ConnectionName", "PreProcessingQuery"):
        if table.get(member):
            raise InvalidInput(f"{member} is not supported here.")
    for option in table.get("AdditionalOptions") or {}:
        if option not in PREDICATES:
            raise InvalidInput(f"AdditionalOptions {option} is not known; {', '.join(PREDICATES)} are.")
