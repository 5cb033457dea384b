"""What was expected, to be held against the bill."""
