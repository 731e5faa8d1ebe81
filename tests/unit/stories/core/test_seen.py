"""What a deployment says of itself, and when."""

from stories.core.seen import Canary
from tests.unit.stories.core.told import traffic


def test_a_phase_lasts_until_something_else_is_said() -> None:
    times = iter([5.0, 6.0, 7.0])
    canary = Canary(clock=lambda: next(times))
    for status, deploying in (("InService", ""), ("Updating", "Baking"), ("Updating", "Baking"), ("InService", "")):
        canary.look({"status": status, "deploying": deploying})
    canary.traffic = traffic(0.1, [5.5, 9.0])
    assert canary.phases == [("InService", 0.0, 1.0), ("Baking", 1.0, 2.0), ("InService", 2.0, 4.0)]
    assert canary.answers == [0.5, 4.0]


def test_nothing_looked_at_is_no_phase() -> None:
    assert Canary().phases == []
    canary = Canary(clock=lambda: 1.0)
    canary.look(None)
    assert canary.phases == [("no endpoint", 0.0, 0.0)]
