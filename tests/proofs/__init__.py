"""Proofs of scale and restart on a whole installation with several instances; see `make prove`."""
