"""Crawlers: list objects, classify them, group them into tables and partitions, write the catalog."""
