"""Glue jobs (one script each) and the plain modules they ship with ``--extra-py-files``."""
