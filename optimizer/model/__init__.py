"""The compiled model: the few primitives that solvers know, so that rules never touch solvers."""
