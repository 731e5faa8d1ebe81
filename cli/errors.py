"""Errors that a user can put right."""

import errno

from contracts.model import ContractError
from datasets.parts import DatasetError


class UserError(Exception):
    """Shown as one sentence, without a traceback. Say what is wrong and what to do."""


def sentence(error: Exception) -> str | None:
    """What to tell of an error that no command foresaw; None when it is a fault of ours, which needs its traceback."""
    if isinstance(error, UserError | DatasetError | ContractError):
        return str(error)
    if type(error).__module__.partition(".")[0] in ("boto3", "botocore"):
        return f"AWS refused, or did not answer: {' '.join(str(error).split())}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return f"what it writes has no place: {error.strerror}"
    if isinstance(error, UnicodeError):
        return "an argument, or what was read, is not UTF-8"
    return None
