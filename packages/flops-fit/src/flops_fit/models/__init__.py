"""Model families whose best learning rate does not move with their width. Needs torch."""
