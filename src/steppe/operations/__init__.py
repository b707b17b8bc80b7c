"""The verbs: one file each; the module's docstring is the algorithm in numbered sentences."""
