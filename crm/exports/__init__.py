"""The export craft: rows of a sheet into CSV and JSON, streaming; other formats come from plugins."""
