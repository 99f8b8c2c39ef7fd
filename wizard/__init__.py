"""The pages: what a person sees and sends. One blueprint a noun; nothing here talks to a server."""
