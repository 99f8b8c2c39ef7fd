"""Starting the product on one machine: supervisor, its own Redis, and the demo's mail servers."""
