"""The plugin craft: what can be hooked into, and the loading of those who do."""
