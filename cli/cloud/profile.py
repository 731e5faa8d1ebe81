"""``mlref profile``: sets of settings for cdk's command line."""

import json
from typing import Annotated

import typer

from cli.cloud.local import ROOT
from cli.console import write_lines
from cli.errors import UserError

PROFILES = ROOT / "profiles"


def profile(name: Annotated[str, typer.Argument(help="a file of profiles/, without .json")]) -> None:
    """Print the settings of a profile as options of cdk.

    dev is cheaper than the defaults; prod keeps data and logs, serves on two instances that scale, curates every night
    and trains every week. What stands after it on the command line wins.

    Examples:

      cdk deploy --all $(mlref profile prod) -c alarm_email=me@example.com

      mlref cost $(mlref profile prod)
    """
    write_lines([" ".join(f"-c {key}={value}" for key, value in settings_of(name).items())])


def settings_of(name: str) -> dict[str, str]:
    """The settings of a profile, as they stand on a command line. Raises UserError for one that is not there."""
    file = PROFILES / f"{name}.json"
    known = sorted(path.stem for path in PROFILES.glob("*.json"))
    if name not in known:
        raise UserError(f"there is no profile {name!r}: profiles are {', '.join(known)}")
    return {
        key: json.dumps(value) if isinstance(value, bool) else str(value)
        for key, value in json.loads(file.read_text("utf-8")).items()
    }
