"""Resources that AWS would make at the same time, and that fail each other when it does.

Here resources are made one after another, so what is missing in the template would never show. CloudFormation makes at
once whatever does not depend on each other: two triggers of one Glue workflow, both of which change the workflow, then
fail now and then (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2103, and with the name
of the exception https://github.com/hashicorp/terraform-provider-aws/issues/21759). Here they fail always.
"""

from collections.abc import Mapping
from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.graph import needs
from localcloud.cloudformation.managed import ManagedResource


class Conflicts:
    """What one deployment has made or changed so far.

    Args:
        live: the resources of its template.
    """

    def __init__(self, live: Mapping[str, Any]) -> None:
        self._live = live
        self._changed: dict[tuple[str, str], list[str]] = {}  # type and what is changed along → logical names

    def check(self, resource: object, properties: Mapping[str, Any]) -> None:
        """Raise StackError where ``resource`` is not ordered with one of those before it; count it among them."""
        if not isinstance(resource, ManagedResource) or not (shared := properties.get(resource.one_at_a_time)):
            return
        name = resource.logical_id
        others = self._changed.setdefault((resource.type, shared), [])
        unordered = [other for other in others if other not in needs(name, self._live)]
        if unordered:
            raise StackError(
                f'Resource handler returned message: "Workflow {shared} was modified while adding trigger {name} to it '
                f'(Service: Glue, Status Code: 400)" (HandlerErrorCode: NotUpdatable). AWS makes {name} and '
                f"{unordered[0]} at the same time, for neither depends on the other: add a DependsOn"
            )
        others.append(name)
