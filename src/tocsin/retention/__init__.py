"""What becomes of closed incidents: compacted after a while, and past their time moved to files or dropped."""
