"""Step 9: what people and programs may see of incidents and deliveries, over HTTP."""
