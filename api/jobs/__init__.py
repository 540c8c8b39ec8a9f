"""Jobs: the queue of runs, the worker processes that do them, and the nightly schedule."""
