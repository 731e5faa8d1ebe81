"""Modules that job processes share with the server; they import nothing of it."""
