"""Imports: a file that is fetched from a web address instead of being uploaded (docs/upload.md).

`desk` is what its person does with it, `fetch` what the fetch_import function does, `source` the
connection to the stranger's server.
"""
