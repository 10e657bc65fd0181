"""Threads of linear algebra: one a process, for rows are made by processes."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment that holds before numpy is loaded. Starting more threads costs memory, and with
little of it OpenBLAS waits for ever."""
