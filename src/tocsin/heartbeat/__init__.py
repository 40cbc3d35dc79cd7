"""Signs of life: those of others, whose absence is an incident, and our own, for somebody else's dead man's switch."""
