"""AWS Glue Data Quality: rulesets in DQDL, read and checked against the rows of a job."""
