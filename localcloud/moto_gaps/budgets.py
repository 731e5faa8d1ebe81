"""Budgets: changing one."""

import json
from typing import Any

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from localcloud.patching import add


@add(BudgetsResponse, "update_budget")
def update_budget(self: Any) -> str:
    """Replaces the definition, keeps the notifications.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html
    """
    account, new = self._get_param("AccountId"), self._get_param("NewBudget")
    self.backend.describe_budget(account_id=account, budget_name=new["BudgetName"])  # raises NotFoundException
    budgets = self.backend.budgets[account]
    replacement = Budget(new, [])
    replacement.notifications = budgets[new["BudgetName"]].notifications
    budgets[new["BudgetName"]] = replacement
    return json.dumps({})
