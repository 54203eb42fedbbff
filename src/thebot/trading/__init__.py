"""Orders, fills and the account's books: deterministic and pure. Money is Decimal, reasoning is float."""
