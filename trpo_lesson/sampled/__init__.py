"""The sampled world: neural policies on gymnasium environments; every quantity is an estimate from a batch.

The road: `config` says what a run is; `networks`, `distributions` and `scaling` make a `policy` and a
`critic`; `environments` (with the simulations of `classic_control`) and `rollouts` bring a batch;
`estimation`, `importance` and `samples` turn it into advantages and weights; `trpo` takes the step, with
the solver and the line search of `trpo_lesson.steps`. `runs` says what a run is between two batches, and
`checkpoints` keeps it on disk, in the bytes of `archive` and by the care of `files`. `experiments` runs many,
such as those of `ablation`; `outcomes` and `intervals` say what they show together.
"""
