"""What is uploaded with the stacks: handler and job code together with the contracts they read.

The same sources give the same bytes and so the same asset hash, on every machine: `cdk diff` shows a change only
where there is one. Built without Docker, for there is nothing to compile.
"""

import gzip
import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import contracts

REPOSITORY = Path(__file__).resolve().parents[2]
NOT_FOR_JOBS = ("producer.py", "scenario.py", "online.py")  # of a dataset: of its commands, stories and functions
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold


@contextmanager
def function_code(name: str, dataset: str | None = None, modules: Iterable[str] = ()) -> Iterator[Path]:
    """A folder with ``lambdas/<name>/``, the modules that functions share (``lambdas/*.py``), and a contract.

    Paths are those of the repository, so that imports are the same here and there. It is there until the block ends;
    CDK copies assets when they are declared.

    Args:
        modules: further files of the repository, each with the ``__init__.py`` beside it.
    """
    source = REPOSITORY / "lambdas" / name
    if not (source / "handler.py").is_file():
        raise FileNotFoundError(f"the function {name} has no lambdas/{name}/handler.py")
    with tempfile.TemporaryDirectory(prefix="mlref-") as folder:
        bundle = Path(folder) / name
        target = bundle / "lambdas"
        shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        for shared in source.parent.glob("*.py"):
            shutil.copy(shared, target)
        for path, content in _contract_files(dataset) if dataset else ():
            target = bundle / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
        for path in dict.fromkeys(item for module in modules for item in _with_package(module)):
            target = bundle / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / path, target)
        yield bundle


@contextmanager
def job_library(dataset: str) -> Iterator[Path]:
    """A zip for Glue's ``--extra-py-files`` with the packages ``processing`` and ``contracts``, and with a dataset.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
    """
    with tempfile.TemporaryDirectory(prefix="mlref-") as folder:
        archive = Path(folder) / "library.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as library:  # deflate differs from zlib to zlib
            for path, content in _library_files(dataset):
                library.writestr(zipfile.ZipInfo(path, _ZIP_DATE), content)
        yield archive


@contextmanager
def training_source(dataset: str) -> Iterator[Path]:
    """A tar.gz for ``sagemaker_submit_directory``: train.py at its root, beside it the packages that it imports.

    https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html (script mode)
    """
    program = REPOSITORY / "processing" / "sagemaker" / "train.py"
    with tempfile.TemporaryDirectory(prefix="mlref-") as folder:
        archive = Path(folder) / "source.tar.gz"
        # neither the time nor the compressor of this machine may show in the bytes
        with (
            archive.open("wb") as file,
            gzip.GzipFile("", "wb", compresslevel=0, fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as source,
        ):
            for path, content in sorted([("train.py", program.read_bytes()), *_library_files(dataset)]):
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                source.addfile(entry, io.BytesIO(content))
        yield archive


def features_module(dataset: str) -> str:
    """What the scripts import of a dataset."""
    return f"datasets.{dataset}.features"


def online_modules(dataset: str) -> tuple[str, ...]:
    """What functions import that score single events of a dataset."""
    return ("datasets/__init__.py", f"datasets/{dataset}/online.py", "datasets/online.py")


def _with_package(module: str) -> tuple[str, str]:
    return f"{module.rpartition('/')[0]}/__init__.py", module


def _library_files(dataset: str) -> list[tuple[str, bytes]]:
    packages = REPOSITORY / "datasets"
    modules = [packages / "__init__.py", *(packages / dataset).glob("*.py")]
    processing = (REPOSITORY / "processing").rglob("*.py")
    files = [
        (path.relative_to(REPOSITORY).as_posix(), path.read_bytes())
        for path in (*modules, *processing)
        if path.name not in NOT_FOR_JOBS and "__pycache__" not in path.parts
    ]
    return sorted([*files, *_contract_files(dataset)])


@cache
def _contract_files(dataset: str) -> list[tuple[str, bytes]]:
    """The package ``contracts`` as deployed code reads it: the contract as JSON."""
    folder = REPOSITORY / "contracts"
    sources = [(f"contracts/{path.name}", path.read_bytes()) for path in folder.glob("*.py")]
    return [*sources, (f"contracts/{dataset}.json", contracts.compiled(dataset).encode())]
