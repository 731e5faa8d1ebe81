"""What the stacks cost: idle, and with the demo's traffic, from the synthesized templates and a dated price table.

``prices.yaml`` has the prices and the types that cost nothing; `costs.idle` what a resource costs while nothing
happens, `costs.traffic` what each use of it adds, `costs.estimate` puts both together. No AWS calls.
"""
