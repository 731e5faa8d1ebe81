"""Write the folder: all of it, or nothing."""

import shutil
import tempfile
from pathlib import Path

import pyarrow.parquet
import yaml

from cli.errors import UserError
from cli.lake.new_dataset.contract import contract
from cli.lake.new_dataset.modules import modules
from cli.lake.new_dataset.plan import Plan
from cli.lake.new_dataset.queries import queries
from contracts.model import parse
from contracts.store import CONTRACT
from contracts.validation import EventError, Validator, decode
from datasets.sampled import Sampled

SAMPLE = "sample.parquet"


def write(plan: Plan, datasets: Path) -> Path:
    """Write ``datasets/<name>``, once every event of the sample holds what its contract says.

    Raises UserError when the folder is there, or cannot be written.
    """
    target = datasets / plan.name
    try:
        # beside the target, for a rename goes no further than a file system; hidden, for it is no dataset yet
        place = Path(tempfile.mkdtemp(prefix=f".{plan.name}-", dir=datasets))
    except OSError as error:
        raise UserError(f"{datasets}: {error.strerror}") from error
    try:
        made = place / plan.name
        (made / "queries").mkdir(parents=True)
        (made / "__init__.py").touch()
        (made / CONTRACT).write_text(contract(plan), "utf-8")
        for name, source in modules(plan).items():
            (made / name).write_text(source, "utf-8")
        for name, sql in queries(plan).items():
            (made / "queries" / f"{name}.sql").write_text(sql, "utf-8")
        pyarrow.parquet.write_table(plan.table, made / SAMPLE)
        _check(plan, made)
        made.rename(target)  # fails when it is there and not empty
    except OSError as error:
        raise UserError(f"{target}: {error.strerror}") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return target


def _check(plan: Plan, made: Path) -> None:
    """The contract takes every event that was made for it."""
    events = parse(yaml.safe_load((made / CONTRACT).read_text("utf-8"))).events
    validator, sample = Validator(events), Sampled(made / SAMPLE, plan.days.year, plan.key)
    for record in sample.replay(range(1, 13)):
        try:
            validator.validate(decode(record.data))
        except EventError as error:
            raise UserError(f"a row of {plan.file} cannot be an event: {error}") from None
