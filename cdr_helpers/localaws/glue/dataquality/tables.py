"""Tables of the catalog as the sources of a run, read when it works."""

from __future__ import annotations

from typing import Any

from ..visualjob.frames import NodeFailed
from ..visualjob.nodes.catalogsource import CatalogSource
from .filters import table_in
from .sources import PREDICATES

Record = dict[str, Any]


class TableSource(CatalogSource):
    """The rows of a table, read as a job reads them."""

    def fail(self, reason: str) -> NodeFailed:
        """What goes wrong is said of the table."""
        return NodeFailed(f"Table {self.settings['Database']}.{self.settings['Table']}: {reason}")


def node(node_id: str, source: Record) -> TableSource:
    """The node that reads a checked source."""
    table = table_in(source)
    options = table.get("AdditionalOptions") or {}
    predicate = " AND ".join(f"({options[name]})" for name in PREDICATES if options.get(name))
    settings = {"Name": node_id, "Database": table["DatabaseName"], "Table": table["TableName"]}
    return TableSource(node_id, "S3CatalogSource", settings | {"PartitionPredicate": predicate})
