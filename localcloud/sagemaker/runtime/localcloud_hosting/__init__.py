"""A model's script in its own process, called as the toolkit of its image calls it: `host` picks the contract.

Imported where user code runs, where nothing of `localcloud` is: the folder beside this one is at the end of sys.path.
"""

from typing import Any

from .exchange import Answer, Host, Request
from .script import load

__all__ = ["Answer", "Host", "Request", "host"]


def host(spec: dict[str, Any]) -> Host:
    """Load a model. Raises whatever its script raises, or an error that says what is wrong with it.

    Args:
        spec: ``code``, the folder, and ``module``, the name of the script; ``model_dir``; ``missing``, variables that
            the images need; ``serving`` and ``handlers``, which `localcloud.sagemaker.images.ImageFacts` explains.
    """
    if spec["serving"] == "sagemaker-containers":
        from .containers import ContainersHost  # noqa: PLC0415 - Flask is imported where it is needed

        if spec["missing"]:
            names = " and ".join(spec["missing"])
            print(f"the model does not set {names}: on AWS its image would not serve this script", flush=True)
        return ContainersHost(load(spec["code"], spec["module"]), spec["module"], spec["handlers"], spec["model_dir"])
    from .inference import InferenceHost  # noqa: PLC0415

    return InferenceHost(spec["code"], spec["model_dir"])
