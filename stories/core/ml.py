"""The second half: the table becomes a model that serves, is watched, and is replaced when the world has changed."""

from stories.core import data, learning, watching
from stories.core.story import Story

CONTROL = "2013-03-18..2013-03-31"  # the last 14 days, which the model has not learned from
LATER = (4, 7)


def tell(story: Story, streamed: list[int], seed: int, *, whole: bool) -> None:
    """Train, approve, serve; and, for the whole of it, watch and train again. Raises UserError at what fails."""
    learning.train(story)
    learning.serve(story)
    if not whole:
        return
    watch = watching.Watch(story, seed)
    control = watch.traffic("control", "18 to 31 March", CONTROL)
    data.history(story, "months", [month for month in LATER if month not in streamed])
    data.catalogue(story, "recrawl")
    data.curate(story, "recurate")
    april = watch.traffic("april", "April", "2013-04-01..2013-04-30")
    july = watch.traffic("july", "July", "2013-07-01..2013-07-31")
    watch.check("monitor", control=control, april=april, july=july)
    watching.alarm(story)
    package = watching.retrain(story)
    watching.replace(story, watch, package)
