"""Step 4: new, repeated, resolved or late; marks the incident's key due, in one atomic step."""
