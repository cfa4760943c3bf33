"""AWS Glue Data Quality for the Data Catalog: rulesets, runs that evaluate or recommend them, and their results."""
