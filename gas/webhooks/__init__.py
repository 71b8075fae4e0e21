"""Webhooks: what happens here, told to systems of the user's (docs/webhooks.md).

A person names endpoints and the events they want (`desk`). What finishes becomes one delivery for
each endpoint (`fan_out`), which is tried until the endpoint takes it or a day is over (`deliver`).
"""
