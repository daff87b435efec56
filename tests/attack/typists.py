"""People who type, in a process of their own: their work is not the server's, and its event loop does not feel it.

`python -m tests.attack.typists` reads one JSON object, `{"port", "token", "path", "n_documents"}`, and writes a list:
seconds from each document's last key to its last line, and that line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

KEY_S = 0.25
TYPED = "total = sum("


async def typed(server: dict[str, Any], number: int) -> tuple[float, dict[str, Any]]:
    """Seconds from the last key to its last line, and that line. Older keys are cut off by the newer ones."""
    above = f"values_{number} = [{number}, {number + 1}]\n"
    await asyncio.sleep(KEY_S * number / server["n_documents"])  # nobody's clock is another's
    keys: list[asyncio.Task[dict[str, Any]]] = []
    for n_chars in range(1, len(TYPED) + 1, 2):
        began_s = time.monotonic()
        keys.append(asyncio.create_task(ask(server, f"doc{number}.py", above + TYPED[:n_chars])))
        await asyncio.sleep(KEY_S)
    last = await keys[-1]
    took_s = time.monotonic() - began_s
    await asyncio.gather(*keys)
    return took_s, last


async def ask(server: dict[str, Any], document: str, prefix: str) -> dict[str, Any]:
    """The last line of an answer. HTTP by hand: a client library's work a request is more than the server's."""
    asked = {"client_id": "w", "request_id": prefix[-9:], "document": document, "language": "python", "suffix": ""}
    body = json.dumps({**asked, "prefix": prefix, "trigger": "invoke"}).encode()
    head = f"POST {server['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {server['token']}\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server["port"])
    writer.write(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    try:
        said = await reader.read()
    finally:
        writer.close()
    lines = [line for line in said.splitlines() if line.startswith(b'{"type"')]
    return json.loads(lines[-1]) if lines else {"type": "cut off"}


async def main() -> None:
    """Plays them all."""
    server = json.loads(sys.stdin.readline())
    await ask(server, "warm", "x = 1\n")  # the model is loaded before the first key
    ends = await asyncio.gather(*(typed(server, number) for number in range(server["n_documents"])))
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    asyncio.run(main())
