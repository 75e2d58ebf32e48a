"""Speed and size as ratios of one run: ``python -m benchmarks --help``.

Every figure stands beside a floor measured in the same run: the same SQL through the bare driver and the same template
with rows that are ready, or the same bytes from memory. It is processor time, not the clock on the wall, so that a
neighbour on the machine changes little.
"""
