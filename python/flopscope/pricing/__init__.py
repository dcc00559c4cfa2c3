"""What operations cost: price lists, the facts their formulas speak of, and quotes.

Price lists are data (``cost_models/`` in the repository); this package reads the facts of a call
from its arguments, and shows prices.
"""
