"""`make bench`: what a copy costs, measured on this machine, and whether it is exact."""
