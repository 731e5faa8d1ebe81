"""JSONata and variables: what an expression of a state is worth.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import copy
import hashlib
import json
import random
import re
import threading
import uuid
from functools import lru_cache
from typing import Any

import moto.stepfunctions.parser.asl.static_analyser.intrinsic.variable_names_intrinsic_static_analyser as in_intrinsics
import moto.stepfunctions.parser.asl.static_analyser.variable_references_static_analyser as in_states
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata

from localcloud.patching import replace
from localcloud.step_functions.failures import evaluation
from localcloud.step_functions.jsonata_library import JException, Jsonata, Utils
from localcloud.step_functions.locations import location
from localcloud.step_functions.paths import find

_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)(.*)", re.DOTALL)
_COMPILING = threading.Lock()


class Intrinsics:
    """The functions that Step Functions adds to JSONata's."""

    @staticmethod
    def partition(items: Any, size: Any) -> Any:
        if size is None or size <= 0:
            raise JException("D3011", 0, "partition")
        given, width = list(items or []), int(size)
        return [given[start : start + width] for start in range(0, len(given), width)]

    @staticmethod
    def range(first: Any, last: Any, step: Any) -> Any:
        if not step:
            raise JException("D3011", 0, "range")
        found = list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))
        return found[0] if len(found) == 1 else found  # a sequence of one is that one

    @staticmethod
    def hash(data: Any, algorithm: Any) -> Any:
        name = _HASHES.get(algorithm or "SHA-256")
        if name is None:
            raise JException("D3012", 0, "hash")
        text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    @staticmethod
    def random(seed: Any) -> Any:
        return random.Random(seed).random()  # noqa: S311 - no secret

    @staticmethod
    def uuid() -> Any:
        return str(uuid.uuid4())

    @staticmethod
    def parse(text: Any) -> Any:
        return None if text is None else json.loads(text)


_FUNCTIONS = {
    name: Jsonata.function(name, signature, Intrinsics, name)
    for name, signature in (
        ("partition", "<an:a>"),
        ("range", "<nnn:a>"),
        ("hash", "<xs?:s>"),
        ("random", "<n?:n>"),
        ("uuid", "<:s>"),
        ("parse", "<s-:x>"),
    )
}


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    made = Jsonata(expression)
    made.set_output_convert_nulls(False)
    return made


def evaluate(expression: str, bindings: dict[str, Any]) -> Any:
    """The value of an expression as JSON, ``Utils.NULL_VALUE`` for null and None for undefined. Raises JException."""
    with _COMPILING:  # the parser keeps its state in itself
        known = _compiled(expression)
    own = copy.copy(known)  # evaluations keep theirs in the expression
    Jsonata.CURRENT.jsonata = own
    given = {name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()}
    found = own.evaluate(None, {**_FUNCTIONS, **given})
    return found if found is None or found is Utils.NULL_VALUE else _plain(found)


def _plain(value: Any) -> Any:
    """Without the library's own kinds of lists and nulls."""
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | range):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    if hasattr(value, "__iter__"):
        return [_plain(item) for item in value]
    raise TypeError(type(value).__name__)


@replace(StringJSONata, "_eval_body", "(self, env)")
def eval_jsonata(self: Any, env: Any) -> None:
    """Of a text between {% and %}."""
    store = env.variable_store
    bindings = {**store._outer_scope, **store._inner_scope, "states": _states(env)}
    what, where = f"The JSONata expression '{self.expression}'", location(env, self.expression)
    at = f"{what} specified for the field '{where}'" if where else what
    try:
        value = evaluate(self.expression.strip(), bindings)
    except TypeError:
        raise _told(env, f"{at} returned an unsupported result type.", where) from None
    except JException as error:
        told = f"{at} threw an error during evaluation. {error.error}: {error}"
        raise _told(env, told, where) from None
    except RecursionError:
        raise _told(env, f"{at} threw an error during evaluation. It recurses too deeply", where) from None
    if value is None:
        raise _told(env, f"{at} returned nothing (undefined).", where)
    env.stack.append(None if value is Utils.NULL_VALUE else value)


def _told(env: Any, what: str, where: str | None) -> FailureEventException:
    """The failure, which is in the history at once."""
    failure = evaluation(env, what, where)
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=failure.failure_event.event_details,
    )
    return failure


def _states(env: Any) -> dict[str, Any]:
    """``$states``, where a result and an error output are only there once there is one."""
    return {name: value for name, value in env.states._states_data.items() if name in ("input", "context") or value}


@replace(StringVariableSample, "_eval_body", "(self, env)")
def eval_variable(self: Any, env: Any) -> None:
    """``$name`` and paths in it, where paths are JSONPath."""
    found = _VARIABLE.fullmatch(self.expression)
    if found is None:
        raise ValueError(f"{self.expression} is no reference of a variable")
    value = env.variable_store.get(found[1])
    env.stack.append(copy.deepcopy(find(f"${found[2]}", value) if found[2] else value))


@replace(VariableStore, "get_assigned_variables", "(self)")
def get_assigned_variables(self: Any) -> dict[str, str]:
    """As JSON, for the event of the state's end."""
    return {
        name: json.dumps(self.get(name), separators=(",", ":"), default=str)
        for name in sorted(self._declaration_tracing)
    }


def _references(expression: str) -> set[str]:
    """Variables that are named in an expression; ``$`` and ``$$`` are none, which are of use within one."""
    found = moto_jsonata._PATTERN_VARIABLE_REFERENCE.findall(expression or "")
    return {reference for reference in found if reference not in ("", "$", "$$")}


for _module in (in_intrinsics, in_states):
    replace(_module, "extract_jsonata_variable_references", "(jsonata_expression)")(_references)
