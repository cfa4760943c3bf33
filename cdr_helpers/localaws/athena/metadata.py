"""Data catalogs, databases and tables as Athena's own API lists them."""

from __future__ import annotations

import re
from typing import Any

from .metastore import Metastore
from .requests import RequestProblem
from .workgroups import WorkGroupCalls, paged

Record = dict[str, Any]
NAME = "AwsDataCatalog"


class MetadataCalls(WorkGroupCalls):
    """Catalogs, databases and tables."""

    def store(self) -> Metastore:
        """The Glue catalog behind."""
        return Metastore(self.account_id, self.region_name)

    def _check_catalog(self, request: Record) -> None:
        if request["CatalogName"].lower() != NAME.lower():
            raise RequestProblem(f"Catalog {request['CatalogName']} was not found.", kind="MetadataException")

    def _check_database(self, request: Record) -> str:
        self._check_catalog(request)
        name = request["DatabaseName"].lower()
        if not self.store().has_database(name):
            raise RequestProblem(f"Database {name} not found.", kind="MetadataException")
        return name

    def answer_get_data_catalog(self, request: Record) -> Record:
        """GetDataCatalog."""
        if request["Name"].lower() == NAME.lower():
            return {"DataCatalog": {"Name": NAME, "Type": "GLUE", "Parameters": {"catalog-id": self.account_id}}}
        found = self.get_data_catalog(request["Name"])
        if found is None:
            raise RequestProblem(f"DataCatalog {request['Name']} was not found")
        return {"DataCatalog": found}

    def answer_list_data_catalogs(self, request: Record) -> Record:
        """ListDataCatalogs."""
        rows = [{"CatalogName": NAME, "Type": "GLUE"}, *self.list_data_catalogs()]
        return paged("DataCatalogsSummary", rows, request)

    def answer_get_database(self, request: Record) -> Record:
        """GetDatabase."""
        return {"Database": self._database(self._check_database(request))}

    def _database(self, name: str) -> Record:
        from ..glue import catalog as glue

        found = glue.get_database(self.account_id, self.region_name, name)
        shown = {"Name": found["Name"], "Parameters": found.get("Parameters") or {}}
        return shown | ({"Description": found["Description"]} if found.get("Description") else {})

    def answer_list_databases(self, request: Record) -> Record:
        """ListDatabases."""
        self._check_catalog(request)
        return paged("DatabaseList", [self._database(n) for n in self.store().databases()], request)

    def answer_get_table_metadata(self, request: Record) -> Record:
        """GetTableMetadata."""
        database = self._check_database(request)
        found = self.store().find(database, request["TableName"])
        if found is None:
            raise RequestProblem(f"Table {request['TableName']} not found.", kind="MetadataException")
        return {"TableMetadata": table_metadata(found)}

    def answer_list_table_metadata(self, request: Record) -> Record:
        """ListTableMetadata; `Expression` is a regular expression."""
        database = self._check_database(request)
        wanted = re.compile((request.get("Expression") or ".*").replace(".*", "*").replace("*", ".*"), re.IGNORECASE)
        rows = [table_metadata(x) for x in self.store().tables(database) if wanted.fullmatch(x["Name"])]
        return paged("TableMetadataList", rows, request)


def table_metadata(found: Record) -> Record:
    """A catalog table as Athena shows it."""
    described = found.get("StorageDescriptor") or {}
    serde = described.get("SerdeInfo") or {}
    facts = {
        "inputformat": described.get("InputFormat"),
        "location": described.get("Location"),
        "outputformat": described.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    serde_parameters = {f"serde.param.{k}": v for k, v in (serde.get("Parameters") or {}).items()}
    parameters = {**(found.get("Parameters") or {}), **{k: v for k, v in facts.items() if v}, **serde_parameters}
    return {
        "Name": found["Name"],
        "CreateTime": found.get("CreateTime"),
        "TableType": found.get("TableType") or "EXTERNAL_TABLE",
        "Columns": [_column(c) for c in described.get("Columns", [])],
        "PartitionKeys": [_column(c) for c in found.get("PartitionKeys") or []],
        "Parameters": parameters,
    }


def _column(column: Record) -> Record:
    return {k: v for k, v in column.items() if k in ("Name", "Type", "Comment") and v}
