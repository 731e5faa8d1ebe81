"""Doubtful scores, and a person who looks at them."""

from cli.scoring.reviews import Verdict, looking
from cli.scoring.reviews import decide as answer
from cli.waiting import until
from datasets.parts import planted
from stories.realtime_scoring.story import Story

REVIEWER = "the story"
NOTED_SECONDS = 60
MOST = 10


def decide(story: Story) -> None:
    """Answer some questions by what is known afterwards; the scores must have the verdicts."""
    with story.steps.step("reviews", "deciding on doubtful scores") as step:
        doubtful = {key: score for key, score in story.scores().items() if score["doubts"]}
        with looking() as questions:
            waiting = [question.key for question in questions]
        truth = planted(story.dataset, story.first.month)
        chosen = {}
        for key in sorted(waiting)[:MOST]:
            ((_, decided),) = doubtful[key]["decision"].items()
            right = decided == (key in truth) if truth else True
            chosen[key] = Verdict.CONFIRMED if right else Verdict.OVERRULED
        answered = answer(chosen, REVIEWER)

        def noted() -> dict[str, dict[str, object]] | None:
            scores = story.scores()
            return scores if all(scores[key].get("review") == chosen[key] for key in answered) else None

        scores = until(noted, NOTED_SECONDS, lambda: f"{len(answered)} verdicts were given, not all are noted")
        story.live.verdicts = [
            (
                key,
                float(str(scores[key]["probability"])),
                "; ".join(doubtful[key]["doubts"]),
                str(scores[key]["review"]),
            )
            for key in answered
        ]
        overruled = sum(chosen[key] == Verdict.OVERRULED for key in answered)
        story.facts["reviews"] = {
            "doubtful": len(doubtful),
            "waiting": len(waiting),
            "decided": len(answered),
            "overruled": overruled,
        }
        step.result = (
            f"{len(doubtful)} doubtful, {len(waiting)} waited, {len(answered)} decided, {overruled} overruled"
        )
        story.check(
            "Every doubtful score was asked about, and the verdicts are noted",
            len(waiting) == len(doubtful) and len(answered) == len(chosen),
            step.result,
        )
