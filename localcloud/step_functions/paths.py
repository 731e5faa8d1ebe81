"""JSONPath: what a path finds.

A path that can find one thing only (fields and indexes) is that thing, any other is the list of what it finds
(https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html).
"""

import re
import sys
import threading
from functools import lru_cache
from typing import Any

from jsonpath_ng import Child, Fields, Index, Root
from jsonpath_ng.ext.parser import parse
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from localcloud.patching import replace

_LAST_INDEX = re.compile(r"\[\d+\]$")
_parsing = threading.Lock()  # the parser is not for threads


@lru_cache(maxsize=4096)
def _parsed(path: str) -> tuple[Any, bool]:
    """A path, and whether it is definite."""
    expression = parse(path)
    return expression, _is_definite(expression)


def _is_definite(expression: Any) -> bool:
    if isinstance(expression, Child):
        return _is_definite(expression.left) and _is_definite(expression.right)
    if isinstance(expression, Fields):
        return len(expression.fields) == 1 and expression.fields[0] != "*"
    return isinstance(expression, Root) or (isinstance(expression, Index) and len(expression.indices) == 1)


def find(path: str, data: Any) -> Any:
    """Raises NoSuchJsonPathError for a definite path that leads nowhere."""
    with _parsing:
        expression, definite = _parsed(path)
    found = [match.value for match in expression.find(data)]
    if definite:
        if not found:
            raise NoSuchJsonPathError(json_path=path, data=data)
        return found[0]
    # as recorded of AWS: of one array that an index at the end leads to, its item
    return found[0] if len(found) == 1 and _LAST_INDEX.search(path) else found


for _name, _module in sorted(sys.modules.items()):
    own = _name.startswith("moto.stepfunctions.parser.asl.") and _module is not json_path
    if own and "extract_json" in vars(_module):
        replace(_module, "extract_json", "(path, data)")(find)
