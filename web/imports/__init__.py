"""Files from web addresses: name one, see how far it is, cancel it, try again."""
