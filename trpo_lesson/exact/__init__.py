"""The exact world: finite MDPs, where every quantity of the theory is a linear solve away.

The road: `mdp` and `models` (what the world is), `policies`, `values` (V, Q, advantages, rho, eta),
`divergences`, `surrogate`, `bounds`, `mm`, `updates`, and `simulate` for the Monte-Carlo checks.
"""
