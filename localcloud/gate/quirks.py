"""Constraints that are in botocore's models and that the services do not enforce, each with what shows it."""

# service → shape, or Structure.Member for a member that is not required after all → traits that are not checked
NOT_ENFORCED: dict[str, dict[str, tuple[str, ...]]] = {}


def enforced(service: str, shape: str, trait: str) -> bool:
    """Whether the service keeps to a trait of its model."""
    return trait not in NOT_ENFORCED.get(service, {}).get(shape, ())
