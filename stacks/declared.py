"""What is declared so far: an architecture finds the stacks of those it needs here."""

from dataclasses import dataclass
from typing import TypeVar

import aws_cdk as cdk

from contracts import Contract
from settings import Settings

Kind = TypeVar("Kind", bound=cdk.Stack)


@dataclass(frozen=True)
class Declared:
    """The app with its stacks so far, and what all of them are declared from.

    Example:
        ``declared.of(Foundation).lake`` is the lake, in an architecture that needs "foundation".
    """

    app: cdk.App
    settings: Settings
    contract: Contract

    def of(self, kind: type[Kind]) -> Kind:
        """The stack of this class. Raises LookupError when the architecture that has it is not among the needs."""
        found = self.optional(kind)
        if found is None:
            raise LookupError(
                f"no {kind.__name__} is declared: name its architecture in the needs of stacks/catalogue.py"
            )
        return found

    def optional(self, kind: type[Kind]) -> Kind | None:
        """The stack of this class, None when the choice has none."""
        return next((stack for stack in self.app.node.children if isinstance(stack, kind)), None)
