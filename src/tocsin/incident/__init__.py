"""Step 5: an incident, what its alerts show, the plan and the time in; changes and notices out."""
