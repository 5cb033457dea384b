"""What CI needs to ask the deployment gate: plan reader, estimate, question and report."""
