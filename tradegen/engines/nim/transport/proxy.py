"""Proxies, as the environment names them: HTTPS_PROXY, HTTP_PROXY, NO_PROXY."""

import urllib.request
from functools import lru_cache
from urllib.parse import urlsplit


@lru_cache
def proxy_for(url: str) -> str | None:
    """Return the proxy that leads to an address, or None where the way is straight.

    aiohttp's own way of doing so, `trust_env`, would also put passwords of `.netrc` in the place
    of the key.
    """
    place = urlsplit(url)
    if place.hostname is None or urllib.request.proxy_bypass(place.hostname):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(place.scheme) or proxies.get("all")
