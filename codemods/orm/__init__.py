"""What Tortoise means: its API by version, the type of an expression, what a call may write."""
