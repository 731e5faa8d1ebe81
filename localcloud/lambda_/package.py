"""A function's zip and its layers, laid out on disk as ``/var/task`` and ``/opt``."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.archives import unzip

# What Lambda's Python runtimes bring besides the standard library, with what it depends on.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html#python-runtimes "Runtime-included SDK versions"
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
NODE_MODULES = Path(__file__).parents[2] / "node_modules"  # @aws-sdk/*, which Lambda's Node runtimes bring


@dataclass(frozen=True)
class Package:
    """Where a function's code is: ``task`` stands for /var/task, ``opt`` for /opt."""

    task: Path
    opt: Path


def unpack(code: bytes, layers: list[bytes], directory: Path) -> Package:
    """Extract a zip and its layers, later layers over earlier ones, into ``directory``.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    package = Package(directory / "task", directory / "opt")
    for target, archives in ((package.task, [code]), (package.opt, layers)):
        target.mkdir(parents=True, exist_ok=True)
        for archive in archives:
            unzip(archive, target)
    return package


def python_path(package: Package, runtime: str, sdk: Path) -> list[str]:
    """Entries before the standard library, in Lambda's order."""
    return [
        str(package.task),
        str(package.opt / "python" / "lib" / runtime / "site-packages"),
        str(package.opt / "python"),
        str(sdk),
    ]


def node_path(package: Package) -> str:
    """``NODE_PATH``: the layers' modules, then the SDK."""
    return f"{package.opt / 'nodejs' / 'node_modules'}:{NODE_MODULES}"


def link_sdk(directory: Path) -> Path:
    """A folder with nothing but the SDK of Lambda's Python runtime, linked from this environment."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in SDK:
        link = directory / name
        spec: Any = importlib.util.find_spec(name)
        source = Path(spec.origin)
        if source.name == "__init__.py":
            source = source.parent
        else:
            link = directory / source.name
        if not link.exists():
            link.symlink_to(source)
    return directory
