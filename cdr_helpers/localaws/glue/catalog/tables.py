"""The API calls on tables and their versions. AWS folds table names to lower case (API reference, "Tables")."""

from __future__ import annotations

import re
from typing import Any

from .. import paging
from ..errors import AlreadyExists, ConcurrentModification, EntityNotFound, InvalidInput
from . import batches, search
from .databases import DatabaseCalls
from .entries import Table, add_index, change_table, folded, untouched

Record = dict[str, Any]
MOST = 100
"""Entries of a page."""


class TableCalls(DatabaseCalls):
    """Tables of the Data Catalog."""

    def table(self, database: str, name: str) -> Table:
        """Raises `EntityNotFound`."""
        found = self.database(database).tables.get(name.lower())
        if not isinstance(found, Table):
            raise EntityNotFound()
        return found

    def add_table(self, database: str, table_input: Record, created_by: str | None = None) -> Table:
        """Raises `EntityNotFound` for the database, `AlreadyExists`."""
        holder = self.database(database)
        described = folded(table_input)
        if described["Name"] in holder.tables:
            raise AlreadyExists("Table already exists.")
        table = Table(holder.name, described, self.account_id, created_by or self.user_arn)
        holder.tables[table.name] = table
        return table

    def answer_create_table(self, request: Record) -> Record:
        """CreateTable."""
        described = dict(request["TableInput"])
        if (request.get("OpenTableFormatInput") or {}).get("IcebergInput"):
            described["Parameters"] = {**described.get("Parameters", {}), "table_type": "ICEBERG"}
        table = self.add_table(request["DatabaseName"], described)
        for index in request.get("PartitionIndexes") or ():
            add_index(table, index)
        return {}

    def answer_get_table(self, request: Record) -> Record:
        """GetTable."""
        return {"Table": self.table(request["DatabaseName"], request["Name"]).as_dict()}

    def tables_of(self, database: str) -> list[Table]:
        """The tables of a database by name."""
        found = untouched(self.database(database).tables)
        return sorted((table for table in found if isinstance(table, Table)), key=lambda table: table.name)

    def answer_get_tables(self, request: Record) -> Record:
        """GetTables: `Expression` is a regular expression that the whole name must match."""
        wanted = re.compile(_as_regex(request.get("Expression")), re.IGNORECASE)
        found = [table for table in self.tables_of(request["DatabaseName"]) if wanted.fullmatch(table.name)]
        shown, token = paging.page(found, request, MOST)
        return {"TableList": [table.as_dict() for table in shown]} | ({"NextToken": token} if token else {})

    def answer_update_table(self, request: Record) -> Record:
        """UpdateTable."""
        described = folded({**request["TableInput"], "Name": request.get("Name") or request["TableInput"]["Name"]})
        table = self.table(request["DatabaseName"], described["Name"])
        if request.get("VersionId") not in (None, table.version):
            raise ConcurrentModification(
                f"Update table failed due to concurrent modifications. Version: {table.version}"
            )
        change_table(table, described, keep_old=not request.get("SkipArchive"))
        return {}

    def answer_delete_table(self, request: Record) -> Record:
        """DeleteTable."""
        table = self.table(request["DatabaseName"], request["Name"])
        del self.database(table.database_name).tables[table.name]
        return {}

    def answer_batch_delete_table(self, request: Record) -> Record:
        """BatchDeleteTable."""
        batches.check_size(request)
        return batches.each(
            request["TablesToDelete"],
            lambda name: self.answer_delete_table({"DatabaseName": request["DatabaseName"], "Name": name}),
            lambda name, detail: {"TableName": name, "ErrorDetail": detail},
        )

    def answer_search_tables(self, request: Record) -> Record:
        """SearchTables: text in names, descriptions, columns and parameters; filters by key."""
        everything = [table.as_dict() for name in list(self.databases) for table in self.tables_of(name)]
        found = [table for table in everything if search.matches(table, request)]
        for criterion in request.get("SortCriteria") or ():
            field = criterion.get("FieldName") or "Name"
            found.sort(key=lambda table: str(table.get(field, "")), reverse=criterion.get("Sort") == "DESC")
        return paging.answer("TableList", found, request, MOST)

    # versions

    def answer_get_table_version(self, request: Record) -> Record:
        """GetTableVersion; without an id the newest."""
        table = self.table(request["DatabaseName"], request["TableName"])
        version = request.get("VersionId") or table.version
        return {"TableVersion": {"Table": table.as_dict(version), "VersionId": version}}

    def answer_get_table_versions(self, request: Record) -> Record:
        """GetTableVersions, the newest first."""
        table = self.table(request["DatabaseName"], request["TableName"])
        ids = sorted(table.versions, key=int, reverse=True)
        shown = [{"Table": table.as_dict(version), "VersionId": version} for version in ids]
        return paging.answer("TableVersions", shown, request, MOST)

    def answer_delete_table_version(self, request: Record) -> Record:
        """DeleteTableVersion: the newest one stays (API reference)."""
        table = self.table(request["DatabaseName"], request["TableName"])
        version = request["VersionId"]
        if version not in table.versions:
            raise EntityNotFound()
        if version == table.version:
            raise InvalidInput("Cannot delete the current version of the table.")
        del table.versions[version]
        return {}

    def answer_batch_delete_table_version(self, request: Record) -> Record:
        """BatchDeleteTableVersion."""
        batches.check_size(request)
        return batches.each(
            request["VersionIds"],
            lambda version: self.answer_delete_table_version({**request, "VersionId": version}),
            lambda version, detail: {
                "TableName": request["TableName"],
                "VersionId": version,
                "ErrorDetail": detail,
            },
        )


def _as_regex(expression: str | None) -> str:
    """AWS takes a regular expression; callers (awswrangler among them) also write `name*` for "begins with"."""
    return re.sub(r"(?<![.\])])\*", ".*", expression) if expression else ".*"
