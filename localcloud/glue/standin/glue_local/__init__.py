"""The process a Glue job runs in."""
