"""The API calls on databases. AWS folds their names to lower case (API reference, "Databases")."""

from __future__ import annotations

from typing import Any

from moto.glue.models import FakeDatabase, GlueBackend

from .. import paging
from ..errors import AlreadyExists, EntityNotFound
from .entries import untouched

Record = dict[str, Any]

OPEN_TO_ALL = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


class DatabaseCalls(GlueBackend):
    """Databases of the Data Catalog."""

    @property
    def user_arn(self) -> str:
        """Who calls: the endpoint has one user."""
        return f"arn:aws:sts::{self.account_id}:user/local"

    def database(self, name: str) -> FakeDatabase:
        """Raises `EntityNotFound`."""
        try:
            return self.databases[name.lower()]
        except KeyError:
            raise EntityNotFound(f"Database {name} not found.") from None

    def answer_create_database(self, request: Record) -> Record:
        """CreateDatabase."""
        described = dict(request["DatabaseInput"])
        described["Name"] = name = described["Name"].lower()
        if name in self.databases:
            raise AlreadyExists("Database already exists.")
        described.setdefault("CreateTableDefaultPermissions", OPEN_TO_ALL)
        self.databases[name] = FakeDatabase(name, described, self.account_id)
        self.tag_resource(self._arn("database", name), request.get("Tags"))
        return {}

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:glue:{self.region_name}:{self.account_id}:{kind}/{name}"

    def answer_get_database(self, request: Record) -> Record:
        """GetDatabase."""
        return {"Database": self.database(request["Name"]).as_dict()}

    def answer_get_databases(self, request: Record) -> Record:
        """GetDatabases."""
        shown = [database.as_dict() for database in untouched(self.databases)]
        return paging.answer("DatabaseList", shown, request)

    def answer_update_database(self, request: Record) -> Record:
        """UpdateDatabase."""
        database = self.database(request["Name"])
        database.input = {"CreateTableDefaultPermissions": OPEN_TO_ALL, **request["DatabaseInput"]}
        return {}

    def answer_delete_database(self, request: Record) -> Record:
        """DeleteDatabase: its tables go with it (API reference)."""
        del self.databases[self.database(request["Name"]).name]
        return {}
