"""Settings given on the command line as ``cdk -c name=value`` takes them."""

from cli.errors import UserError


def parse_context(given: list[str]) -> dict[str, str]:
    """``["shards=2"]`` as a mapping. Raises UserError for what is no name=value."""
    pairs = [text.partition("=") for text in given]
    for (name, equals, _), text in zip(pairs, given, strict=True):
        if not name or not equals:
            raise UserError(f"-c takes name=value, as cdk does, not {text!r}")
    return {name: value for name, _, value in pairs}
