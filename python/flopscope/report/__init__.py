"""Summaries of what budgets spent."""
