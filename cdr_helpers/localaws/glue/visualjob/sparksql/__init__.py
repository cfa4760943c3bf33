"""Spark SQL as DuckDB SQL: parsed with sqlglot, every expression's Spark type known, then written for DuckDB.

What is not known is refused by name. Only the given tables can be read: no files, no table functions.
"""
