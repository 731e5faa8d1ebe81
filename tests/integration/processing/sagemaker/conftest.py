"""Three months of flights, as the unit tests have them."""

from tests.unit.processing.sagemaker.conftest import jobs, winter

__all__ = ["jobs", "winter"]
