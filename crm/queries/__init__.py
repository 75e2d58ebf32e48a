"""Reads: lists, counts, timelines; visibility is a condition of every query."""
