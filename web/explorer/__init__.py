"""The results explorer: filters, pages, facets and exports over the table of one job."""
