"""The job and its bookmark, after https://docs.aws.amazon.com/glue/latest/dg/monitor-continuations.html."""

from collections.abc import Mapping
from typing import Any

from glue_local.run import current_run


class Job:
    """Marks the start and the successful end of a run; ``commit`` moves the bookmark on."""

    def __init__(self, glue_context: Any) -> None:
        self.glue_context = glue_context

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Turn on the bookmark that ``--job-bookmark-option`` in ``args`` asks for."""
        current_run().bookmark.begin((args or {}).get("job_bookmark_option", "job-bookmark-disable"))

    def commit(self) -> None:
        """Remember what this run has read. Without it, the next run reads the same objects again."""
        current_run().bookmark.commit()
