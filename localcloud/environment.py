"""The variables that make any AWS client talk to a local cloud, whatever else the machine has credentials for."""

PREFIXES_OFF = "AWS_DISABLE_HOST_PREFIX_INJECTION"
"""Not every resolver knows api.localhost, which clients of some services would make of the endpoint."""


def of_clients(endpoint: str, region: str) -> dict[str, str]:
    """Variables for a process whose clients are to call ``endpoint``."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        PREFIXES_OFF: "true",
    }
