"""Step 6: a notice and its groups in, deliveries on their channels out."""
