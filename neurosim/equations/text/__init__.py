"""Text of a model or a rule to checked statements with units."""
