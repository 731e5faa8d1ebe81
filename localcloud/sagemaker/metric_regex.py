"""Regular expressions of metric definitions, which SageMaker, a service in Java, applies to every line of a job's log.

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
"""

from collections.abc import Iterator
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from localcloud.patterns import Pattern, PatternError, PatternTimeoutError


def values(pattern: Pattern, line: str) -> Iterator[float]:
    """The numbers that the first group finds in a line; nothing for a definition without a group, or for text."""
    try:
        found = pattern.findall(line)
    except PatternTimeoutError:  # such a line does not match
        return
    for match in found:
        try:
            yield float(match[1])
        except (IndexError, ValueError, TypeError):
            continue


def check(definitions: list[dict[str, Any]]) -> None:
    """Raises ValidationError for the first definition that cannot be used."""
    for at, item in enumerate(definitions):
        try:
            Pattern(item["Regex"])
        except PatternError as error:
            raise ValidationError(
                f"Invalid regular expression in MetricDefinitions[{at}] ({item['Name']}): {item['Regex']}: {error}"
            ) from None
