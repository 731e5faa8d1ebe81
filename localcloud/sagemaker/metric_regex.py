"""Regular expressions of metric definitions, which SageMaker, a service in Java, applies to every line of a job's log.

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html. The ``regex`` library reads Java's named
groups and classes, https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html, and has a time limit.
"""

from collections.abc import Iterator
from typing import Any

import regex
from moto.sagemaker.exceptions import ValidationError

_SECONDS = 0.2  # for one line; backtracking for longer would stall the cloud, and such a line does not match
_ESCAPE = regex.compile(r"\\(?:k<(\w+)>|.)", regex.DOTALL)

Pattern = Any  # of the library, which has no types


def compiled(text: str) -> Pattern:
    """Raises regex.error."""
    return regex.compile(_ESCAPE.sub(lambda found: f"(?P={found[1]})" if found[1] else found[0], text))


def values(pattern: Pattern, line: str) -> Iterator[float]:
    """The numbers that the first group finds in a line; nothing for a definition without a group, or for text."""
    try:
        for found in pattern.finditer(line, timeout=_SECONDS):
            try:
                yield float(found[1])
            except (IndexError, ValueError, TypeError):
                continue
    except TimeoutError:
        return


def check(definitions: list[dict[str, Any]]) -> None:
    """Raises ValidationError for the first definition that cannot be used."""
    for at, item in enumerate(definitions):
        try:
            compiled(item["Regex"])
        except (regex.error, OverflowError, RecursionError) as error:
            raise ValidationError(
                f"Invalid regular expression in MetricDefinitions[{at}] ({item['Name']}): {item['Regex']}: {error}"
            ) from None
