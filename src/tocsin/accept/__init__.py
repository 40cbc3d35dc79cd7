"""Step 1: HTTP in. Who may post, how much and in what form; what is posted goes to an adapter and to ``Intake``."""
