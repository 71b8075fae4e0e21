"""A collector of traces for one laptop, and the page that shows them."""
