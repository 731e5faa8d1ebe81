"""Stand-in for the library that AWS Glue gives to job scripts, after the Glue developer guide."""
