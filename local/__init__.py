"""The embedded default: everything GAS needs around it, on one machine, without an account.

Started with ``python -m local up``. No service imports this package.
"""
