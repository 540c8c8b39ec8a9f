"""The bound at any size: a placement model as a labelled graph, message passing on it, prices on its rows.

A node's label is its place. The local polytope of that graph (Werner 2007) relaxes the problem; tree-reweighted
message passing (Kolmogorov 2006) climbs its dual node by node, and rows that span the graph enter with Lagrangian
prices. Any messages and any prices give a valid bound, so the proof can be read off at every moment.
"""
