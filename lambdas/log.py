"""Log lines as JSON, which CloudWatch Logs Insights reads by field."""

import json


def log(level: str, message: str, **fields: object) -> None:
    """One line, with ``level`` INFO or WARN."""
    print(json.dumps({"level": level, "message": message, **fields}))
