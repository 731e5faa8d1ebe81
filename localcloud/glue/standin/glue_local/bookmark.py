"""Job bookmarks: which objects a run has read, by transformation context.

https://docs.aws.amazon.com/glue/latest/dg/monitor-continuations.html: only sources with a ``transformation_ctx``
take part, and the state moves when the script calls ``job.commit()``. An object that changed (another ETag) is new.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

State = dict[str, dict[str, str]]  # transformation context -> object URI -> ETag


@dataclass
class Bookmark:
    """The bookmark of one run. ``keep`` hands the new state to the server."""

    state: State
    keep: Callable[[State], None]
    option: str = "job-bookmark-disable"
    seen: State = field(default_factory=dict)

    def begin(self, option: str) -> None:
        """Start counting; ``option`` is the value of ``--job-bookmark-option``."""
        if option not in ("job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause"):
            raise ValueError(f"--job-bookmark-option is {option!r}: not enable, disable or pause")
        self.option = option

    def unread(self, context: str, objects: Iterable[tuple[str, str]]) -> list[str]:
        """URIs of the ``objects`` (URI, ETag) that no committed run has read in this ``context``."""
        found = list(objects)
        if not context or self.option == "job-bookmark-disable":
            return [uri for uri, _ in found]
        old = self.state.get(context, {})
        self.seen.setdefault(context, {}).update(found)
        return [uri for uri, tag in found if old.get(uri) != tag]

    def commit(self) -> None:
        """Keep what was read. ``job-bookmark-pause`` reads only what is new, but never moves on."""
        if self.option != "job-bookmark-enable":
            return
        for context, objects in self.seen.items():
            self.state[context] = {**self.state.get(context, {}), **objects}
        self.seen = {}
        self.keep(self.state)
