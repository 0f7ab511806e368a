"""Keeps the linear algebra of a process on one thread: imported for its effect, before numpy.

The matrices here are small: more threads gain nothing, and on a busy machine they wait for each other and
take tens of times longer. One thread also makes results independent of the number of cores.
A variable that is set already is left alone.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")
