"""Iceberg tables: Athena's statements on them, with pyiceberg keeping the metadata and DuckDB reading and computing.

Source: Athena user guide, "Query Apache Iceberg tables". Rows are changed by writing the files that hold them anew
(copy-on-write); Athena writes position deletes instead. Both give the same rows and snapshots; `"table$files"` differs.
"""
