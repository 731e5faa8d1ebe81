"""Stand-in for Glue Data Quality in job scripts, after the Glue developer guide."""
