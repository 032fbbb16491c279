"""The stages wired together in one process, each part ready to become a node."""
