"""Samplers: which volatility every row gets, and which three gold rows it is grounded in."""
