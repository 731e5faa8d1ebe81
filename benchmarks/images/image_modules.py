"""What the xgboost and scikit-learn images add to sagemaker-containers, in a few lines that keep to docs/containers.md.

Their own modules are no packages. This one stands where they stand, in .venv-toolkits: `serve` for the command of
that name, `application` as SAGEMAKER_SERVING_MODULE, `train` as SAGEMAKER_TRAINING_MODULE. The variable IMAGE says
which of the two images it is.
"""

import contextlib
import csv
import importlib
import os
import sys
from types import ModuleType
from typing import Any

import numpy as np
from sagemaker_containers import _server
from sagemaker_containers.beta import framework

XGBOOST = "xgboost"
ALL = ("input_fn", "predict_fn", "output_fn")
app: Any = None


def serve() -> None:
    """The command ``serve``: install the user's module, then gunicorn, with nginx before it."""
    if os.environ["IMAGE"] == XGBOOST:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    # /etc and /tmp belong to a container alone; here each has a folder
    base = os.environ["SOCKETS"]
    _server.UNIX_SOCKET_BIND = f"unix:{base}/gunicorn.sock"
    _server.nginx_config_file = f"{base}/nginx.conf"
    _server.nginx_config_template_file = os.environ.get("NGINX_TEMPLATE", _server.nginx_config_template_file)
    framework.server.start(framework.env.ServingEnv().framework_module)


def application(environ: Any, start_response: Any) -> Any:
    """What gunicorn's workers run."""
    global app  # noqa: PLW0603 - one in each worker, made with the first request
    if app is None:
        app = app_of(importlib.import_module(framework.env.ServingEnv().module_name), os.environ["IMAGE"])
    return app(environ, start_response)


def app_of(module: ModuleType, image: str) -> Any:
    """A Flask application of the handlers in a script; its model is loaded."""
    given = {name: function for name in ALL if (function := getattr(module, name, None))}
    transform_fn = getattr(module, "transform_fn", None)
    model_fn = getattr(module, "model_fn", framework.transformer.default_model_fn)
    if transform_fn and given:
        raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    if transform_fn:
        transformer = framework.transformer.Transformer(model_fn=model_fn, transform_fn=transform_fn)
    else:
        defaults = xgboost_handlers() if image == XGBOOST else scikit_learn_handlers()
        transformer = framework.transformer.Transformer(model_fn=model_fn, **{**defaults, **given})
    transformer.initialize()
    return framework.worker.Worker(transform_fn=transformer.transform, module_name=module.__name__)


def xgboost_handlers() -> dict[str, Any]:
    """sagemaker_xgboost_container.serving and .encoder."""
    import xgboost as xgb  # noqa: PLC0415 - the other image has none

    def matrix(text: str, content_type: str) -> Any:
        kind = content_type.split(";", maxsplit=1)[0].strip()
        if kind == "text/csv":
            text = text.decode() if isinstance(text, bytes) else text
            delimiter = csv.Sniffer().sniff(text.split("\n")[0][:512]).delimiter
            delimiter = "," if delimiter.isalnum() else delimiter
            rows = [[cell or "nan" for cell in line.split(delimiter)] for line in text.split("\n")]
            return xgb.DMatrix(np.array(rows).astype(None))
        if kind in ("text/libsvm", "text/x-libsvm"):
            return xgb.DMatrix(libsvm(text.decode() if isinstance(text, bytes) else text))
        raise framework.errors.UnsupportedFormatError(kind)

    return {
        "input_fn": matrix,
        "predict_fn": lambda data, model: model.predict(data, validate_features=False),
        "output_fn": lambda prediction, accept: framework.worker.Response(
            framework.encoders.encode(prediction, accept), mimetype=accept
        ),
    }


def libsvm(text: str) -> Any:
    """Columns from 0, or from 1 where no row has a 0."""
    lines = text.strip().split("\n")
    cells = [(row, *word.split(":", 1)) for row, line in enumerate(lines) for word in line.split() if ":" in word]
    if not cells:
        return np.empty((0, 0))
    rows, names, values = zip(*cells, strict=True)
    columns = np.array(names, int)
    columns -= min(columns.min(), 1)
    found = np.zeros((len(lines), columns.max() + 1))
    found[rows, columns] = np.array(values, float)
    return found


def scikit_learn_handlers() -> dict[str, Any]:
    """sagemaker_sklearn_container.serving."""

    def array(body: Any, content_type: str) -> Any:
        decoded = framework.encoders.decode(body, content_type)
        return decoded.astype(np.float32) if content_type in framework.content_types.UTF8_TYPES else decoded

    return {
        "input_fn": array,
        "predict_fn": lambda data, model: model.predict(data),
        "output_fn": lambda prediction, accept: framework.worker.Response(
            framework.encoders.encode(prediction, accept), accept, mimetype=accept
        ),
    }


def train() -> None:
    """The entry of SAGEMAKER_TRAINING_MODULE; sagemaker-containers' or sagemaker-training's ``train`` calls it."""
    if os.environ["IMAGE"] == XGBOOST:
        told = framework.training_env()
        framework.modules.run_module(
            told.module_dir, told.to_cmd_args(), told.to_env_vars(), told.module_name, capture_error=False
        )
        sys.exit(0)
    from sagemaker_training import entry_point, environment, runner  # noqa: PLC0415 - only this image has it

    given = environment.Environment()
    entry_point.run(
        uri=given.module_dir,
        user_entry_point=given.user_entry_point,
        args=given.to_cmd_args(),
        env_vars=given.to_env_vars(),
        runner_type=runner.ProcessRunnerType,
    )


def start_training() -> None:
    """The command ``train``: of the toolkit that the image has."""
    if os.environ["IMAGE"] == XGBOOST:
        framework.trainer.train()
    from sagemaker_training import trainer  # noqa: PLC0415

    trainer.train()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        {"serve": serve, "train": start_training}[sys.argv[1]]()
