"""AWS Glue Data Quality for PySpark scripts, as far as it is built here."""
