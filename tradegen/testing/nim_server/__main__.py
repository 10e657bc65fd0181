"""`python -m tradegen.testing.nim_server`: serves until SIGTERM."""

import asyncio
import gc
import signal
import sys

from aiohttp import web

from tradegen.errors import TradegenError
from tradegen.testing.nim_server.assemble import make_answerer
from tradegen.testing.nim_server.options import Options, read_options
from tradegen.testing.nim_server.server import NimServer

_BACKLOG = 4096


async def serve(options: Options) -> None:
    """Serve until SIGTERM or Ctrl-C; the base URL is the first line of stdout."""
    answerer = await make_answerer(options)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    server = NimServer(answerer, options.faults, options.rules, options.seed, options.record)
    runner = web.AppRunner(
        server.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1
    )
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port, backlog=_BACKLOG)
    await site.start()
    gc.freeze()
    port = runner.addresses[0][1]
    print(f"http://{options.host}:{port}/v1", flush=True)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    """Run the server; what is wrong with gold or the port is said in a line, with code 1 or 2."""
    try:
        asyncio.run(serve(read_options()))
    except TradegenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
