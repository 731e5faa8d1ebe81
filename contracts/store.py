"""Find a contract: the YAML in the repository, or the JSON bundled with a Lambda function or a Glue job."""

import json
from functools import cache
from importlib import resources
from typing import Any

from contracts.model import Contract, parse


@cache
def load(name: str) -> Contract:
    """The contract ``name``, for example ``flights``.

    Deployed code carries ``contracts/<name>.json``, which needs only the standard library to read; the repository
    carries ``contracts/<name>.odcs.yaml``, from which that JSON is made (`compiled`).
    """
    return parse(_document(name))


def compiled(name: str) -> str:
    """The contract as one line of JSON: the file that assets bundle as ``contracts/<name>.json``.

    Deployed code can bundle on: a training job puts it beside the model.
    """
    return json.dumps(_document(name), separators=(",", ":"), sort_keys=True)


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any]
    bundled = resources.files(__package__) / f"{name}.json"
    if bundled.is_file():
        document = json.loads(bundled.read_text("utf-8"))
        return document
    import yaml  # noqa: PLC0415 - not in the Lambda and Glue runtimes, which read the bundled JSON

    source = resources.files(__package__) / f"{name}.odcs.yaml"
    if not source.is_file():
        raise FileNotFoundError(f"no data contract named {name!r}: expected contracts/{name}.odcs.yaml")
    document = yaml.safe_load(source.read_text("utf-8"))
    return document
