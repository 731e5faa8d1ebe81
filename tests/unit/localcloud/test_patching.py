"""A moto that has moved is noticed, by name, where we rely on it."""

import pytest

from localcloud.patching import PATCHES, MotoChangedError, add, replace


class Upstream:
    def answer(self, question: str) -> str:
        return f"old {question}"


def test_replacement_is_used_and_registered() -> None:
    @replace(Upstream, "answer", "(self, question)")
    def answer(self: Upstream, question: str) -> str:
        old: str = answer.original(self, question)  # type: ignore[attr-defined] # which `replace` gives it
        return "new " + old

    assert Upstream().answer("q") == "new old q"
    assert any(patch.owner.endswith("Upstream") and patch.name == "answer" for patch in PATCHES)


def test_changed_signature_is_refused() -> None:
    with pytest.raises(MotoChangedError, match=r"Upstream\.answer takes \(self, question\), expected \(self\)"):
        replace(Upstream, "answer", "(self)")


def test_vanished_attribute_is_refused() -> None:
    with pytest.raises(MotoChangedError, match=r"Upstream\.gone is gone"):
        replace(Upstream, "gone", "(self)")


def test_addition_that_moto_grew_is_refused() -> None:
    with pytest.raises(MotoChangedError, match=r"Upstream\.answer exists now"):
        add(Upstream, "answer")
