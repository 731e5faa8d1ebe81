"""One folder a dataset: everything that knows a column of it."""
