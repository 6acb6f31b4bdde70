"""The project's own workshop: programs that make what tfnst ships."""
