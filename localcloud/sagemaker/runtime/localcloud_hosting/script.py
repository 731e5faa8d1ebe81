"""The functions of an inference script, found as sagemaker-containers finds them."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

Functions = Mapping[str, Callable[..., Any]]
_INSTEAD_OF_TRANSFORM = ("input_fn", "predict_fn", "output_fn")
_NAMES = ("model_fn", *_INSTEAD_OF_TRANSFORM, "transform_fn")


def load(folder: str, module: str) -> Functions:
    """Import ``module``, which is in ``folder``."""
    sys.path.insert(0, folder)
    imported = importlib.import_module(module)
    found = {name: function for name in _NAMES if (function := getattr(imported, name, None))}
    if "transform_fn" in found and found.keys() & set(_INSTEAD_OF_TRANSFORM):
        raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    return found


def no_model_fn(*_: Any) -> Any:
    """Stands for a ``model_fn`` that a script does not have: no toolkit knows how to load a model."""
    raise NotImplementedError("Please provide a model_fn implementation.")
