"""From a gradient to a safe step: callables and vectors in, vectors out; no MDP, no network.

The road: `natural_gradient` (Fisher products, the step to the KL boundary), `conjugate_gradient` (F^-1 g from
products alone), `line_search` (backtracking, the acceptance rule is an argument), and `trust_region`, the
classical method of optimisation that lends TRPO its name.
"""
