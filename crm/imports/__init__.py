"""The import craft: files as people have them into rows of cells, by profiles that say what the columns mean."""
