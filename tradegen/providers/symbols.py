"""Pairs of currencies, as logs write them in many ways: BTCUSDT, BTC/USD, XBTUSD, BTC-PERP."""

_DOLLARS = ("USDT", "USDC", "BUSD", "USD")
_SAME = {"XBT": "BTC"}
_COINS = frozenset(
    (
        *("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "DOT", "LTC", "BCH", "LINK", "UNI", "AAVE"),
        *("AVAX", "MATIC", "BNB", "ATOM", "XLM", "TRX", "ETC", "FIL", "NEAR", "ALGO", "SHIB"),
        *("MKR", "SUSHI", "YFI", "CRV", "GRT", "BAT", "XTZ", "AXS", "LUNA", "PEPE"),
    )
)


def coin_of(traded: str) -> str | None:
    """Return the coin of a pair against a kind of dollar, such as BTC; None for anything else.

    Where no mark stands between the two, the coin must be a known one: AAPLUSD might be a share.
    """
    name = traded.upper().removesuffix("PERP").removesuffix("SWAP").rstrip("-_/.")
    for mark in "-/_:":
        first, found, last = name.partition(mark)
        if found and last in _DOLLARS:
            return _SAME.get(first, first)
    for dollar in _DOLLARS:
        coin = name.removesuffix(dollar)
        coin = _SAME.get(coin, coin)
        if coin != name and coin in _COINS:
            return coin
    return _SAME.get(name, name) if name != traded.upper() and name in _COINS else None
