"""The functions of an inference script, called as SageMaker's containers call them: stdlib only, in user processes.

https://sagemaker.readthedocs.io/en/stable/frameworks/xgboost/using_xgboost.html and
https://github.com/aws/sagemaker-inference-toolkit: model_fn, then transform_fn, or input_fn, predict_fn, output_fn.
"""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Handlers:
    """One loaded model. Errors of the script come through as they are."""

    def __init__(self, script: str, model_dir: str) -> None:
        sys.path.insert(0, str(Path(script).parent))
        spec = importlib.util.spec_from_file_location(Path(script).stem, script)
        if spec is None or spec.loader is None:
            raise ImportError(f"{script} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        self._functions = {
            name: getattr(module, name)
            for name in ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
            if hasattr(module, name)
        }
        needed = {"model_fn"} | (
            set() if "transform_fn" in self._functions else {"input_fn", "predict_fn", "output_fn"}
        )
        if missing := sorted(needed - self._functions.keys()):
            raise AttributeError(f"{script} has no {', '.join(missing)}: the local cloud has no default handlers")
        self._takes = {
            name: len(inspect.signature(function).parameters) for name, function in self._functions.items()
        }
        self._model = self._call("model_fn", model_dir)

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Body and content type of the answer to one request."""
        if "transform_fn" in self._functions:
            answer = self._call("transform_fn", self._model, body, content_type, accept)
        else:
            data = self._call("input_fn", body, content_type)
            answer = self._call("output_fn", self._call("predict_fn", data, self._model), accept)
        if isinstance(answer, tuple):
            answer, accept = answer
        return answer.encode() if isinstance(answer, str) else bytes(answer), accept

    def _call(self, name: str, *arguments: Any) -> Any:
        function: Callable[..., Any] = self._functions[name]
        # the newer toolkit gives a context to functions that have a place for it
        return function(*arguments, None) if self._takes[name] > len(arguments) else function(*arguments)
