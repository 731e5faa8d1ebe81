"""moto's parser, which is asked once for each definition, and only about what its grammar knows.

What is left out here (batches, further kinds of item readers, Express children) is read from the definition itself by
`localcloud.step_functions.map_state`.
"""

import json
import threading
from collections import OrderedDict
from typing import Any

from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJsonPath
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from localcloud.patching import replace

_KEPT = 256  # parsed definitions
_UNKNOWN = ("ItemBatcher", "ReaderConfig", "WriterConfig", "ToleratedFailurePercentage", "EXPRESS")
_READERS = ("JSON", "CSV")  # InputTypes of the grammar
_parsed: OrderedDict[str, Any] = OrderedDict()
_lock = threading.Lock()


@replace(AmazonStateLanguageParser, "parse", "(definition)")
def parse(definition: str) -> Any:
    """What is parsed has no state of an execution: executions share it."""
    with _lock:
        if definition in _parsed:
            _parsed.move_to_end(definition)
            return _parsed[definition]
    made = parse.original.__func__(_known(definition))  # type: ignore[attr-defined]
    with _lock:
        _parsed[definition] = made
        if len(_parsed) > _KEPT:
            _parsed.popitem(last=False)
    return made


def _known(definition: str) -> str:
    """A definition without what the grammar does not know."""
    if not any(f'"{name}"' in definition for name in _UNKNOWN):
        return definition
    document = json.loads(definition)
    _strip(document)
    return json.dumps(document)


def _strip(machine: dict[str, Any]) -> None:
    for state in machine.get("States", {}).values():
        for inner in (*state.get("Branches", ()), state.get("Iterator"), state.get("ItemProcessor")):
            if isinstance(inner, dict):
                _strip(inner)
                if isinstance(config := inner.get("ProcessorConfig"), dict) and "ExecutionType" in config:
                    config["ExecutionType"] = "STANDARD"
        if state.get("Type") != "Map":
            continue
        state.pop("ItemBatcher", None)
        if isinstance(share := state.get("ToleratedFailurePercentage"), int):
            state["ToleratedFailurePercentage"] = float(share)
        if isinstance(writer := state.get("ResultWriter"), dict):
            writer.pop("WriterConfig", None)
            if not writer:
                del state["ResultWriter"]
        config = (state.get("ItemReader") or {}).get("ReaderConfig")
        if isinstance(config, dict):
            for name in ("CSVDelimiter", "ItemsPointer", "ManifestType", "Transformation"):
                config.pop(name, None)
            if config.get("InputType") not in _READERS:
                config["InputType"] = "JSON"


@replace(Preprocessor, "__init__", "(self, args, kwargs)")
def init_preprocessor(self: Any) -> None:
    """Scopes of one's own: those of moto are one list of the class, which a definition with a fault leaves behind."""
    self._query_language_per_scope = []


@replace(Preprocessor, "_inner_string_of", "(parser_rule_context)")
def inner_string_of(self: Any, parser_rule_context: Any) -> str | None:
    """A text as JSON has it, whose escapes moto leaves in."""
    found = inner_string_of.original.__func__(parser_rule_context)  # type: ignore[attr-defined]
    return json.loads(parser_rule_context.getText()) if found is not None and "\\" in found else found


@replace(Preprocessor, "visitString_jsonpath", "(self, ctx)")
def visit_string_jsonpath(self: Any, ctx: Any) -> StringJsonPath:
    """A backslash in a path is one, and escapes nothing."""
    return StringJsonPath(json_path=inner_string_of(self, ctx).replace("\\", "\\\\"))  # type: ignore[union-attr]


def _by_the_machine(name: str) -> None:
    """States within a state inherit the query language of the machine, not of the state around them."""

    def visit(self: Any, ctx: Any) -> Any:
        around = self._query_language_per_scope
        self._query_language_per_scope = around[:1]
        try:
            return visit.original(self, ctx)  # type: ignore[attr-defined]
        finally:
            self._query_language_per_scope = around

    replace(Preprocessor, name, "(self, ctx)")(visit)


for _name in ("visitItem_processor_decl", "visitIterator_decl", "visitBranches_decl"):
    _by_the_machine(_name)
