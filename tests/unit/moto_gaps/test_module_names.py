"""moto's server asks for the names of its modules at every request."""

from moto import backends

from localcloud.moto_gaps.module_names import list_of_moto_modules


def test_they_are_those_of_moto_and_read_once() -> None:
    assert backends.list_of_moto_modules is list_of_moto_modules
    assert list(list_of_moto_modules()) == list(list_of_moto_modules.original())
    assert list_of_moto_modules() is list_of_moto_modules()
