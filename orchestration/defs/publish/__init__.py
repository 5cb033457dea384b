"""What BI tools read."""
