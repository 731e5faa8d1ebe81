"""Commands for before and after a deployment to an account: cost, smoke test, what is left."""
