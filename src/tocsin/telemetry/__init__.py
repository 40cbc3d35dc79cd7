"""Step 8: what the service says about itself, as metrics and as logs."""
