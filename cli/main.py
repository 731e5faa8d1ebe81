"""The ``mlref`` command."""

import sys
from io import TextIOWrapper

import typer
from typer.exceptions import TyperException

from cli import entry
from cli.cloud.deploy_local import deploy_local
from cli.cloud.iam import iam
from cli.cloud.install import install
from cli.cloud.profile import profile
from cli.cloud.up import reset, up
from cli.console import Console, styled
from cli.demo import demo
from cli.doctor import doctor
from cli.errors import sentence
from cli.lake.curate import curate
from cli.lake.history import load_history
from cli.lake.new_dataset.command import new_dataset
from cli.lake.quarantine import quarantine
from cli.lake.query import query
from cli.lake.replay import load_reference, replay
from cli.model.endpoint import endpoint
from cli.model.models import models
from cli.model.monitor import monitor
from cli.model.pipeline import pipeline
from cli.model.predict import predict
from cli.model.traffic import traffic
from cli.sandbox.architectures import architectures
from cli.sandbox.cost import cost
from cli.sandbox.guards import guards
from cli.sandbox.leftovers import leftovers
from cli.sandbox.smoke import smoke
from cli.scoring.dead_letters import dead_letters
from cli.scoring.load import load_features
from cli.scoring.reviews import reviews
from cli.scoring.scores import scores
from localcloud.processes.supervisor import interrupted

app = typer.Typer(
    name="mlref",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""AWS data and ML architectures, on this machine or in your account.

[bold]On this machine[/bold] (no account, no Docker):

  mlref demo                      from events to a retrained model, through every service
  mlref up                        start the local cloud and deploy the stacks; Ctrl-C stops it
  mlref install NAME              what an architecture takes here beside the rest
  mlref deploy-local              bootstrap, deploy, diff, update, destroy with the real CDK CLI
  mlref iam report                who called what, and which policy allowed it

[bold]Against a cloud[/bold] (AWS, or a local one when AWS_ENDPOINT_URL points at it):

  mlref load-reference            put the reference files into the lake
  mlref replay --months 1         stream a month of events
  mlref load-history --months 2,3 load months at once, past the stream
  mlref curate                    make the curated table of what has arrived
  mlref query "SELECT ..."        ask Athena
  mlref quarantine list           what was refused, and why
  mlref pipeline start            train a model, and register it
  mlref models list               what is registered, and who may serve
  mlref predict --key ...         ask the endpoint about a row
  mlref traffic --months 4        send it a month's rows
  mlref endpoint status           who serves
  mlref monitor run               hold what it was asked against its baseline
  mlref load-features --first ... what past events leave for scoring as they happen
  mlref scores list               what was scored as it happened
  mlref reviews list              doubtful scores that wait for your verdict
  mlref dead-letters              what could not be scored, and why

[bold]Your own data[/bold]

  mlref new-dataset FILE.csv      a folder of datasets/ from a sample; then `mlref demo --dataset NAME`

[bold]Before and after[/bold] (docs/deploy.md):

  mlref architectures             what there is to deploy, and what of it is real here
  mlref cost                      what it costs, idle and with traffic
  mlref smoke                     one event in, one row out, one prediction
  mlref leftovers                 what is left in the account

`mlref doctor` says what is missing here and how to get it.""",
)


@app.callback()
def _main() -> None:
    """Commands import what they need themselves, so that --help answers at once."""


app.command()(demo)
app.command()(up)
app.command()(load_reference)
app.command()(replay)
app.command()(load_history)
app.command()(curate)
app.command()(new_dataset)
app.command(context_settings={"ignore_unknown_options": True})(query)  # SQL may begin with a "--" comment
app.add_typer(quarantine, name="quarantine")
app.add_typer(pipeline, name="pipeline")
app.add_typer(models, name="models")
app.add_typer(monitor, name="monitor")
app.command()(predict)
app.command()(traffic)
app.add_typer(endpoint, name="endpoint")
app.command()(load_features)
app.add_typer(scores, name="scores")
app.add_typer(reviews, name="reviews")
app.command()(dead_letters)
app.add_typer(iam, name="iam")
app.command()(reset)
app.command()(deploy_local)
app.command()(install)
app.command()(doctor)
app.command()(architectures)
app.command()(cost)
app.command()(profile)
app.command()(guards)
app.command()(smoke)
app.command()(leftovers)


def run() -> None:
    """The command of the command line: one sentence instead of a traceback for what a user can put right."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not have every letter
    try:
        status = app(prog_name="mlref", standalone_mode=False)
        print(end="", flush=True)  # where it fails it can still be told
    except typer.Abort:  # at a question: Ctrl-D, or Ctrl-C, of which the supervisor tells
        status = 1 if interrupted() else _told("stopped", 1)
    except TyperException as error:  # arguments that the command does not take; a group without any shows its help
        command = getattr(getattr(error, "ctx", None), "command_path", "mlref")
        message = error.format_message()
        status = _told(f"{message} (see {command} --help)", error.exit_code) if message else error.exit_code
    except Exception as error:
        told = sentence(error)
        if told is None:
            raise
        status = _told(told, 1)
    sys.exit(status)


def _told(text: str, status: int) -> int:
    Console(stderr=True).print(styled(("mlref:", "bold red"), f" {text}"), soft_wrap=True)
    return status


if __name__ == "__main__":
    entry.run()
