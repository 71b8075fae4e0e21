"""Requests to strangers: addresses that users give us, reached without reaching our own network.

`addresses` judges an address, `pinned` makes the connection, to what was judged and nothing else.
"""
