"""AutoML jobs, version 2 of their API."""
