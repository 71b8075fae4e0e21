"""The REST API, one module for each resource; `routes` joins them, `dispatch` answers."""
