"""The shared core of GAS: jobs and their life, plans, messages, settings, accounts, adapters.

Services (web, annotator, Lambdas) import this package; it imports none of them.
"""
