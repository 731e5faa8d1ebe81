"""Regular expressions of metric definitions, which SageMaker, a service in Java, applies to every line of a job's log.

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html. Java writes named groups ``(?<name>…)`` and
``\\k<name>``, https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html.
"""

import re
from typing import Any

from moto.sagemaker.exceptions import ValidationError

_NAMED = re.compile(r"(\\.)|\(\?<(?![=!])|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def compiled(regex: str) -> re.Pattern[str]:
    """Raises re.error."""

    def python(found: re.Match[str]) -> str:
        text = found[0]
        return "(?P<" if text == "(?<" else text

    return re.compile(re.sub(r"\\k<(\w+)>", r"(?P=\1)", _NAMED.sub(python, regex)))


def check(definitions: list[dict[str, Any]]) -> None:
    """Raises ValidationError for the first definition that cannot be used."""
    for at, item in enumerate(definitions):
        try:
            compiled(item["Regex"])
        except (re.error, OverflowError, RecursionError) as error:
            raise ValidationError(
                f"Invalid regular expression in MetricDefinitions[{at}] ({item['Name']}): {item['Regex']}: {error}"
            ) from None
