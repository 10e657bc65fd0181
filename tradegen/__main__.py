"""`python -m tradegen`."""

import os

# Rows are made by processes, not by threads of linear algebra; starting those costs memory, and
# with little of it OpenBLAS waits for ever. What the user has set stays.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from tradegen.cli.app import main  # noqa: E402  (after the variables)

if __name__ == "__main__":
    main()
