"""A machine of a fleet, made here by the user data of deploy/compute.yaml, to see it come up."""
