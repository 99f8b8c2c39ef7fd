"""The heart: what to do with two sides, through ports. Knows only the standard library."""
