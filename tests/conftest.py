"""What every test relies on: fixed randomness, no way out of this machine, the project's own Node first on PATH."""

import gc
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Deterministic on every machine: the same examples each run, no time limits that a busy machine would miss.
settings.register_profile("project", derandomize=True, deadline=None, database=None)
settings.register_profile("quick", settings.get_profile("project"), max_examples=25)  # of `make check`
settings.load_profile("project")

# A test that forgets the local endpoint must fail to authenticate, never reach an account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
)
for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")

# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that; some tests are about it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What is imported stays: looking for garbage in it again and again costs seconds (see pytest_collection_finish).
gc.disable()

# Groups of a minute and more, the longest first: a worker that begins one last leaves the other without work.
LONG = (
    "demo",
    "spark",
    "tests/integration/datasets/flights/test_curate.py",
    "serving-stack",
    "monitored",
    "tests/e2e/test_cdk_cli.py",
    "deployed",
    "january",
    "tests/integration/cloudformation/test_types.py",
    "stacks",
    "tests/integration/toolkits/test_image.py",
    "tests/integration/cli/sandbox/test_leftovers.py",
    "tests/integration/processing/sagemaker/test_jobs.py",
)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares fixtures shares a worker: the unit tests of a folder, the other tests of a file, but for marks."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            file = item.nodeid.partition("::")[0]
            group = file.rpartition("/")[0] if file.startswith("tests/unit/") else file
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    marker = item.get_closest_marker("xdist_group")
    assert marker is not None
    return LONG.index(marker.args[0]) if marker.args[0] in LONG else len(LONG)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent
