"""What a training container runs: the user's script as the image's toolkit runs it, or the request's own entry point.

sagemaker-training 4.8.0 (entry_point.install, modules.install, process.ProcessRunner) and sagemaker-containers
2.8.6.post2 (modules.run_module); which of them an image has is in `images`.
"""

import shlex
from dataclasses import dataclass

from localcloud.sagemaker.container import Container, JobError
from localcloud.sagemaker.images import CONTAINERS
from localcloud.sagemaker.toolkit_arguments import TrainingEnvironment

CODE = "/opt/ml/code"


@dataclass(frozen=True)
class EntryPoint:
    """Attributes:
    words: what runs, in the code's folder.
    shown: the same as the toolkit reports it.
    install: what the toolkit installs before, as a command; () when the code asks for nothing.
    install_error: what it says when that fails.
    """

    words: tuple[str, ...]
    shown: str
    install: tuple[str, ...] = ()
    install_error: str = ""


def of_toolkit(toolkit: TrainingEnvironment, container: Container, source: str) -> EntryPoint:
    """The entry point of a script that lies unpacked in the code's folder. Raises JobError when it is not there."""
    code, program, arguments = container.path(CODE), toolkit.program or "", toolkit.arguments
    module = program.removesuffix(".py")
    package = (code / "setup.py").is_file()
    if not package and not (code / program).is_file():
        raise JobError(f"ClientError: {source} has no {program} at its root")
    requirements = ("-r", "requirements.txt") if (code / "requirements.txt").is_file() else ()
    pip = ("python3", "-m", "pip", "install")
    if package or toolkit.image.training == CONTAINERS:
        # sagemaker-containers installs every script as a module, with a setup.py that it writes itself: nothing of the
        # code comes from it then, for `python -m` finds the module in its own folder first; and of run.sh it finds none
        install = (*pip, *((".",) if package else ()), *requirements) if package or requirements else ()
        words = ("python3", "-m", module, *arguments)
        return EntryPoint(words, " ".join(words), install, "InstallModuleError")
    if not program.endswith(".py"):
        (code / program).chmod(0o777)
        line = " ".join([f"./{program}", *(shlex.quote(word) for word in arguments)])
        return EntryPoint(("/bin/sh", "-c", line), f"/bin/sh -c {line}")
    shown = " ".join(("python3", program, *arguments))
    words = ("python3", container.named(code / program), *arguments)
    return EntryPoint(words, shown, (*pip, *requirements) if requirements else (), "InstallRequirementsError")


def of_request(container: Container, algorithm: dict[str, list[str]]) -> EntryPoint:
    """ContainerEntrypoint and ContainerArguments, which take the place of the image's own."""
    given = (*algorithm["ContainerEntrypoint"], *(algorithm.get("ContainerArguments") or ()))
    return EntryPoint(tuple(container.translate(word) for word in given), " ".join(given))
