"""The store: the only code that speaks Redis, and the private server behind it where no other is named."""
