"""What runs on the machines of the fleets, beside the services."""
