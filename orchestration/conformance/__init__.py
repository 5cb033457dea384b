"""FOCUS conformance of one file: the same rules as in the warehouse, without a warehouse."""
