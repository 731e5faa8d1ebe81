"""What AWS's toolkits tell a training script: ``told.py PACKAGE < jobs``, a JSON object a line in and out.

PACKAGE is sagemaker_containers or sagemaker_training. A job is ``hyperparameters``, ``resourceconfig`` and
``inputdataconfig``, as they are in the files of these names; the answer has its ``arguments`` and ``variables``.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    folder = Path(os.environ["SAGEMAKER_BASE_DIR"], "input/config")
    folder.mkdir(parents=True, exist_ok=True)
    for line in sys.stdin:
        for name, content in json.loads(line).items():
            (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
        told = _environment(sys.argv[1])
        variables = {**told.to_env_vars(), **{name: os.environ[name] for name in _SET}}
        print(json.dumps({"arguments": told.to_cmd_args(), "variables": variables}))


_SET = ("SAGEMAKER_JOB_NAME", "CURRENT_HOST", "SAGEMAKER_REGION")  # by the environment itself, when it is made


def _environment(package: str) -> Any:
    if package == "sagemaker_containers":
        from sagemaker_containers.beta import framework  # noqa: PLC0415 - importing makes folders

        return framework.training_env()
    from sagemaker_training import environment  # noqa: PLC0415

    return environment.Environment()


if __name__ == "__main__":
    main()
