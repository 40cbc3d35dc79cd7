"""The only code that speaks Redis. Every hand-off between steps is one script in ``scripts/``."""
