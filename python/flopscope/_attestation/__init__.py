"""Signed-off reports: `BudgetContext.attest`, and `flopscope verify`, which checks them."""
