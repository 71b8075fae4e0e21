"""A job told to strangers: a bundle that helps to find a fault and gives nobody's data away."""
