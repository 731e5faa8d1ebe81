"""The Data Quality Definition Language: https://docs.aws.amazon.com/glue/latest/dg/dqdl.html."""
