"""What kind of table an entry of the Glue catalog is."""

from __future__ import annotations

from typing import Any


def is_view(found: dict[str, Any]) -> bool:
    """Whether a catalog table is a view."""
    return found.get("TableType") == "VIRTUAL_VIEW"


def is_iceberg(found: dict[str, Any] | None) -> bool:
    """Whether a catalog table is an Iceberg table."""
    return ((found or {}).get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG"


def current_columns(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of a catalog table; an Iceberg table keeps former ones there too, marked as not current."""
    columns = (found.get("StorageDescriptor") or {}).get("Columns") or []
    return [c for c in columns if (c.get("Parameters") or {}).get("iceberg.field.current") != "false"]
