"""The table of a run: typed columns in Parquet, read here as Arrow."""

from anntools.table.reading import read_batches, read_table

__all__ = ["read_batches", "read_table"]
