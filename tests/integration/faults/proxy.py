"""microburst as a program, with two things that its 0.10 does not do. Arguments: as ``microburst`` takes them.

It drops the Content-Length of every answer, though its own text says that only a truncated one loses it: an answer to
HEAD then tells no size, and Sail's S3 client reads no object. And it cannot cut an answer that has no body, such as
PutObject's.
"""

import sys
from typing import Any

from aiohttp import web
from microburst import forward
from microburst.cli import main

forward.HOP_BY_HOP = forward.HOP_BY_HOP - {"content-length"}
_stream = forward._stream_to_client


async def _to_client(request: web.Request, status: int, headers: Any, mutator: Any, chunks: Any) -> Any:
    """``abort_bytes: 0`` loses the whole answer."""
    if mutator is not None and mutator.abort_bytes == 0:
        async for _ in chunks:  # the upstream has done its work, to the end
            pass
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    return await _stream(request, status, headers, mutator, chunks)


forward._stream_to_client = _to_client

if __name__ == "__main__":
    sys.exit(main())
