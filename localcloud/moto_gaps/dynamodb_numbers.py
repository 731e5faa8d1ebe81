"""Numbers of DynamoDB as it gives them back: ``12.0`` is put, and ``12`` is read.

"Leading and trailing zeroes are trimmed", and a number has 38 digits at most
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html). moto keeps the
text as it came. Without an exponent, as dynalite does, whose tests run against DynamoDB too
(https://github.com/architect/dynalite/blob/main/validations/index.js).
"""

import re
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from localcloud.patching import replace

DIGITS = 38
LARGEST = 125  # the exponent of ten
_TRIMMED = re.compile(r"0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]")
_EXACT = Context(prec=400)  # more than a number between 1E-130 and 1E+126 has


@replace(DynamoType, "__init__", "(self, type_as_dict)")
def typed(self: Any, type_as_dict: Any) -> None:
    """moto's, with numbers trimmed."""
    typed.original(self, type_as_dict)  # type: ignore[attr-defined]
    if self.type == "N":
        self.value = trimmed(self.value)
    elif self.type == "NS":
        self.value = [trimmed(value) for value in self.value]


def trimmed(value: Any) -> Any:
    """A number without needless zeros; what is none as it is, for who checks it to refuse."""
    if not isinstance(value, str) or _TRIMMED.fullmatch(value):
        return value
    try:
        number = Decimal(value).normalize(_EXACT)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > _EXACT.prec // 2:
        return value
    return format(number, "f") if number else "0"


@replace(Table, "_validate_number_type", "(self, value)")
def validate_number_type(self: Any, value: Any) -> None:
    """moto's, which reads a number as Python does, ``1_0`` too, rounds it to a float, and does not count its digits."""
    validate_number_type.original(self, value)  # type: ignore[attr-defined]
    if not isinstance(value, str):
        return
    if "_" in value:
        raise MockValidationException(f"The parameter cannot be converted to a numeric value: {value}")
    number = Decimal(value).normalize(_EXACT)
    if number.adjusted() > LARGEST:
        raise MockValidationException(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if len(number.as_tuple().digits) > DIGITS:
        raise MockValidationException(f"Attempting to store more than {DIGITS} significant digits in a Number")
