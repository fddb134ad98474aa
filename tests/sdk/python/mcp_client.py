"""The official MCP client, unchanged, against the server of an app: its address."""

import asyncio
import sys

from mcp import Client


async def main(address):
    async with Client(address) as client:
        [tool] = (await client.list_tools()).tools
        assert tool.name and tool.input_schema["type"] == "object", tool
        result = await client.call_tool(tool.name, {"query": "Hello"})
        assert not result.is_error, result
        [content] = result.content
        assert content.text, result
        await client.send_ping()


asyncio.run(main(sys.argv[1]))
print("ok")
