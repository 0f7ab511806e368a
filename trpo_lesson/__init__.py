"""The package of the book on Trust Region Policy Optimization.

The road: `exact` (finite MDPs, everything by linear algebra) and `sampled` (neural policies on gymnasium
environments) meet in `steps` (from a gradient to a safe step); `show` draws. Import the module that you need:
`from trpo_lesson.exact import values`.
"""
