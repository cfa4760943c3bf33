"""Visual jobs: a graph of nodes, checked, written down as PySpark and executed as DuckDB relations.

`graph` reads and orders the nodes, `nodes/` holds one file per kind, `script` joins their texts, `execute` runs them,
`calls` answers the API.
"""
