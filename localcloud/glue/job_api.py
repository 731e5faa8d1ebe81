"""Job definitions: what was given is what is read back and what runs.

moto copies the members it knows of; the request itself is kept here, so that none is lost.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from moto.glue.models import FakeJob
from moto.glue.responses import GlueResponse

from localcloud.glue.engine import glue_engine
from localcloud.glue.state import given, state
from localcloud.patching import add, replace

# Glue 5.0 and later: https://docs.aws.amazon.com/glue/latest/webapi/API_Job.html
_DEFAULT_TIMEOUT = 480


def definition(job: FakeJob) -> dict[str, Any]:
    """Members of API_Job, as given and with Glue's defaults."""
    found: dict[str, Any] = {
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "MaxRetries": 0,
        "Timeout": _DEFAULT_TIMEOUT,
        "JobMode": "SCRIPT",
        **job.localcloud_given,
    }
    return found


@replace(GlueResponse, "create_job", "(self)")
def create_job(self: Any) -> ActionResult:
    """CreateJob; a name that is taken is refused (moto would replace the job)."""
    name = self.parameters["Name"]
    if name in self.glue_backend.jobs:
        raise AlreadyExistsException("Job")
    answer: ActionResult = create_job.original(self)  # type: ignore[attr-defined]
    self.glue_backend.jobs[name].localcloud_given = given(self.parameters, "Name", "Tags")
    if self.parameters.get("Command", {}).get("Name") == "glueetl":
        glue_engine().pool.warm()
    return answer


@replace(FakeJob, "as_dict", "(self)")
def as_dict(self: Any) -> dict[str, Any]:
    return {
        "Name": self.name,
        "CreatedOn": self.created_on,
        "LastModifiedOn": self.last_modified_on,
        **definition(self),
    }


@add(GlueResponse, "update_job")
def update_job(self: Any) -> ActionResult:
    """UpdateJob: what is not named is reset to its default
    (https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateJob.html)."""
    job = self.glue_backend.get_job(self.parameters["JobName"])
    update = self.parameters["JobUpdate"]
    if not update.get("Role") or not update.get("Command"):
        raise InvalidInputException("UpdateJob", "Role and Command are required")
    job.localcloud_given = given(update)
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": job.name})


@replace(GlueResponse, "delete_job", "(self)")
def delete_job(self: Any) -> ActionResult:
    """DeleteJob: also the bookmark; no error when there is no such job."""
    name = self.parameters["JobName"]
    state(self.glue_backend).bookmarks.pop(name, None)
    return delete_job.original(self)  # type: ignore[attr-defined]


@add(GlueResponse, "get_job_bookmark")
def get_job_bookmark(self: Any) -> ActionResult:
    """GetJobBookmark: the entry that the last ``job.commit()`` left."""
    return ActionResult({"JobBookmarkEntry": _bookmark(self)})


@add(GlueResponse, "reset_job_bookmark")
def reset_job_bookmark(self: Any) -> ActionResult:
    """ResetJobBookmark: the next run reads everything again."""
    entry = {**_bookmark(self), "JobBookmark": "{}", "Version": 0, "Run": 0, "Attempt": 0}
    del state(self.glue_backend).bookmarks[self.parameters["JobName"]]
    return ActionResult({"JobBookmarkEntry": entry})


def _bookmark(self: Any) -> dict[str, Any]:
    entry = state(self.glue_backend).bookmarks.get(self.parameters["JobName"])
    if entry is None:
        raise EntityNotFoundException(f"Continuation for job {self.parameters['JobName']} not found")
    return entry
