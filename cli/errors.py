"""Errors that a user can put right."""


class UserError(Exception):
    """Shown as one sentence, without a traceback. Say what is wrong and what to do."""
