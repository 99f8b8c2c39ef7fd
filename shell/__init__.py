"""One mailbox from the shell: `python -m sync`, with imapsync's option names."""
