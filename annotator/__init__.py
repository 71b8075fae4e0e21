"""The annotator: takes job requests from the queue, runs the engine, stores and announces results.

One process: `app.py` serves the SNS webhook and owns the worker threads; every job runs in a
child process of its own (`child.py`).
"""
