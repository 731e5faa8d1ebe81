"""Find a contract: the YAML in the dataset's folder, or the JSON bundled with a Lambda function or a Glue job."""

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from contracts.document import ContractError
from contracts.model import Contract, parse

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
CONTRACT = "contract.odcs.yaml"


def names() -> list[str]:
    """The datasets of the repository, the folders that have a contract."""
    return sorted(path.parent.name for path in DATASETS.glob(f"*/{CONTRACT}"))


@cache
def load(name: str) -> Contract:
    """The contract of the dataset ``name``, for example ``flights``. ContractError says which there are.

    Deployed code carries ``contracts/<name>.json``, which needs only the standard library to read; the repository
    carries ``datasets/<name>/contract.odcs.yaml``, from which that JSON is made (`compiled`).
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

    if name not in names():
        raise ContractError(f"there is no dataset {name!r}, only {', '.join(names())}")
    document = yaml.safe_load((DATASETS / name / CONTRACT).read_text("utf-8"))
    return document
