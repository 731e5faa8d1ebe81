"""Which lane a partition key's records are of."""

from hypothesis import given
from hypothesis import strategies as st

from localcloud.event_sources.feed import lane_of


@given(st.text(max_size=20), st.integers(1, 10))
def test_a_key_has_one_lane(key: str, lanes: int) -> None:
    assert 0 <= lane_of(key, lanes) < lanes
    assert lane_of(key, lanes) == lane_of(key, lanes)


def test_keys_spread_over_all_lanes() -> None:
    assert {lane_of(str(number), 10) for number in range(200)} == set(range(10))
