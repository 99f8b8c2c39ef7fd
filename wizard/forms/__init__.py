"""The forms, one file a noun. What they let through keeps the limits of the store."""
