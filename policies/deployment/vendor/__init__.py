"""Price lists of the vendors: downloaded as a stream, kept as a small file of what is looked up."""
