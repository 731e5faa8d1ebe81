"""Buffers with a clock that the test moves."""

from hypothesis import given
from hypothesis import strategies as st

from localcloud.firehose.buffers import Buffers


def make(size: int = 100, interval: float = 60) -> Buffers[str, tuple[int, int]]:
    """Items are (size, arrival)."""
    return Buffers(size, interval, lambda item: item[0], lambda item: item[1])


def test_a_buffer_is_due_by_size_at_once() -> None:
    buffers = make()
    buffers.add("a", (60, 1), now=0)
    assert buffers.due(now=0) == []
    assert not buffers.any_due(now=0)
    buffers.add("a", (40, 2), now=1)
    assert buffers.any_due(now=1)
    [(key, buffer)] = buffers.due(now=1)
    assert (key, buffer.items, buffer.size, buffer.oldest) == ("a", [(60, 1), (40, 2)], 100, 1)
    assert buffers.due(now=1000) == []


def test_a_buffer_is_due_when_its_first_item_has_waited() -> None:
    buffers = make()
    buffers.add("a", (1, 1), now=10)
    buffers.add("a", (1, 2), now=69)
    assert (buffers.any_due(now=69.9), buffers.any_due(now=70)) == (False, True)
    assert buffers.due(now=69.9) == []
    assert [key for key, _ in buffers.due(now=70)] == ["a"]
    buffers.add("a", (1, 3), now=71)
    assert buffers.due(now=130.9) == []
    assert [key for key, _ in buffers.due(now=131)] == ["a"]


def test_keys_have_their_own_sizes_and_ages() -> None:
    buffers = make()
    buffers.add("old", (1, 1), now=0)
    buffers.add("new", (1, 1), now=30)
    buffers.add("large", (100, 1), now=30)
    assert [key for key, _ in buffers.due(now=30)] == ["large"]
    assert [key for key, _ in buffers.due(now=60)] == ["old"]
    assert buffers.keys == 1
    assert "new" in buffers
    assert "old" not in buffers


def test_a_full_buffer_is_closed_and_the_next_item_starts_another() -> None:
    buffers = make()
    for arrival in range(5):
        buffers.add("a", (50, arrival), now=arrival)
    due = buffers.due(now=5)
    assert [[arrival for _, arrival in buffer.items] for _, buffer in due] == [[0, 1], [2, 3]]
    assert buffers.size == 50
    assert buffers.oldest == 4


def test_zero_interval_is_due_at_once() -> None:
    buffers = make(interval=0)
    buffers.add("a", (1, 1), now=5)
    assert len(buffers.due(now=5)) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 60), st.floats(0, 30))))
def test_every_item_comes_out_once_in_its_keys_order_and_never_late(steps: list[tuple[str, int, float]]) -> None:
    buffers, now = make(), 0.0
    came_out: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    added: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    when: dict[int, float] = {}
    for number, (key, size, wait) in enumerate(steps):
        now += wait
        for due_key, buffer in buffers.due(now):
            assert buffer.size < 100 + 60
            came_out[due_key] += [arrival for _, arrival in buffer.items]
        waiting = {n for numbers in added.values() for n in numbers} - {n for ns in came_out.values() for n in ns}
        assert all(now - when[n] < 60 for n in waiting)
        buffers.add(key, (size, number), now)
        added[key].append(number)
        when[number] = now
    for key, buffer in buffers.drain():
        came_out[key] += [arrival for _, arrival in buffer.items]
    assert came_out == added
    assert buffers.size == 0
