"""The commands of `trpo-lesson`, a module each: its docstring is its help, its `add_options` what it takes.

They share `options` (kinds of numbers, the settings), `results` (the policy of a run), `reports` (what is
said about a run) and `exits` (how a command ends).
"""
