"""Glue: the Data Catalog, crawlers and visual jobs."""
