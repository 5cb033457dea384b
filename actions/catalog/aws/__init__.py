"""Actions on Amazon Web Services."""
