"""Makes the payments: what cards and merchants are, what honest customers and fraudsters do, month by month."""
