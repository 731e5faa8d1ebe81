"""The second half: the table becomes a model that serves, is watched, and is replaced when the world has changed."""

from stories.core import data, learning, watching
from stories.core.story import Story


def tell(story: Story, streamed: list[int], seed: int, *, whole: bool) -> None:
    """Train, approve, serve; and, for the whole of it, watch and train again. Raises UserError at what fails."""
    learning.train(story)
    learning.serve(story)
    if not whole:
        return
    watch = watching.Watch(story, seed)
    scenario = story.scenario
    windows = [watch.traffic(scenario.control)]
    data.history(story, "months", [month for month in scenario.later if month not in streamed])
    data.catalogue(story, "recrawl")
    data.curate(story, "recurate")
    windows.append(watch.traffic(scenario.quiet))
    if scenario.loud is None:
        watch.look(windows)
        return
    windows.append(watch.traffic(scenario.loud))
    watch.check(windows)
    watching.alarm(story)
    package = watching.retrain(story)
    watching.replace(story, watch, package)
