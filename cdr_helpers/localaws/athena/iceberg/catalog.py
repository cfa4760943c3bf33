"""Iceberg tables in the Glue catalog: their metadata file is named in the table's parameters, as Athena writes them."""

from __future__ import annotations

from typing import Any

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.glue import _construct_table_input
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io import FileIO
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import CommitTableResponse, CreateTableTransaction, Table
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from ... import home, persistence
from ...errors import AwsError
from ...glue import catalog as glue
from ..failures import QueryFailure
from ..tablekinds import is_iceberg
from .files import ObjectIO

METADATA = "metadata_location"


class IcebergCatalog(MetastoreCatalog, NoopCatalog):
    """pyiceberg's catalog over one account's Glue catalog and objects. `store` is the query's `Metastore`."""

    def __init__(self, store: Any) -> None:
        super().__init__("glue")
        self.store = store
        self.io = ObjectIO(store.objects, home.active().scratch)

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:
        return self.io

    def load_table(self, identifier: str | Identifier) -> Table:
        """The table as its newest metadata file has it. Raises NoSuchTableError, or ICEBERG_INVALID_METADATA when the
        catalog names no file that can be read."""
        database, name = self.identifier_to_database_and_table(identifier)
        found = self.store.find(database, name)
        if not is_iceberg(found):
            raise NoSuchTableError(f"Table does not exist: {database}.{name}")
        location = found["Parameters"].get(METADATA)
        if not location:
            raise QueryFailure(
                "ICEBERG_INVALID_METADATA", f"Table {name} is missing [{METADATA}] property in the AWS Glue catalog"
            )
        try:
            metadata = FromInputFile.table_metadata(self.io.new_input(location))
        except (OSError, AwsError, ValueError) as problem:
            reason = str(problem).splitlines()[0]
            raise QueryFailure(
                "ICEBERG_INVALID_METADATA", f"Error reading {location} of table {name}: {reason}"
            ) from None
        return Table((database, name), metadata, location, self.io, self)

    def creation(self, database: str, name: str, schema: Any, location: str, **more: Any) -> CreateTableTransaction:
        """A transaction whose commit makes the table. `more`: `partition_spec`, `properties`."""
        return self.create_table_transaction((database, name), schema, location, **more)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Write the next metadata file and name it in the catalog, unless another commit came first
        (CommitFailedException)."""
        database, name = table.name()
        try:
            current: Table | None = self.load_table((database, name))
        except NoSuchTableError:
            current = None
        staged = self._update_and_stage_table(current, (database, name), requirements, updates)
        self._write_metadata(staged.metadata, self.io, staged.metadata_location)
        try:
            with persistence.changing("glue"):
                self._point(database, name, current, staged)
        except CommitFailedException:
            self.io.delete(staged.metadata_location)
            raise
        answer: dict[str, Any] = {"metadata": staged.metadata, "metadata-location": staged.metadata_location}
        return CommitTableResponse(**answer)

    def _point(self, database: str, name: str, current: Table | None, staged: Table) -> None:
        found = self.store.find(database, name)
        known = (found or {}).get("Parameters", {}).get(METADATA)
        expected = current.metadata_location if current else None
        if known != expected or (current is None and found is not None):
            raise CommitFailedException(f"Cannot commit {database}.{name}: metadata location {known} has changed")
        kept = {"Parameters": dict(found.get("Parameters") or {})} if found else None
        table_input: Any = _construct_table_input(
            name,
            staged.metadata_location,
            {},
            staged.metadata,
            kept,
            expected,
        )
        table_input["Owner"] = (found or {}).get("Owner") or "hadoop"
        if found and found.get("Description"):
            table_input["Description"] = found["Description"]
        change = glue.update_table if found else glue.create_table
        change(self.store.account, self.store.region, database, table_input)
