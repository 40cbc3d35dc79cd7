"""Step 7: deliveries → channels. One small file per kind of channel; ``kinds`` opens them, ``body`` renders."""
