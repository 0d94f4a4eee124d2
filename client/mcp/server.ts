// Serves the tools over the Model Context Protocol. A refusal of the gateway is an answer of the tool, so that the agent can read it.

import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { version } from '../version.ts';
import { type GatewayAddress, GatewayClient } from './gateway-client.ts';
import { tools } from './tools.ts';

/** Resolves when the agent has left. */
export async function serveAgent(address: GatewayAddress): Promise<void> {
  const gateway = new GatewayClient(address);
  const left = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    process.stdin.once('close', resolve);
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const { close } = serveStdio(() => createServer(gateway));
  await left;
  await close();
}

function createServer(gateway: GatewayClient): McpServer {
  const server = new McpServer({ name: 'nightshift', version });
  for (const { name, title, description, form, isReading, request } of tools) {
    const annotations = { readOnlyHint: isReading, destructiveHint: false, idempotentHint: true, openWorldHint: true };
    server.registerTool(name, { title, description, inputSchema: form, annotations }, async (given, context) => {
      try {
        const answer = await gateway.ask({ ...request(given), signal: context.mcpReq.signal });
        return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
      } catch (error) {
        const text = error instanceof Error ? error.message : 'the request failed';
        return { isError: true, content: [{ type: 'text', text }] };
      }
    });
  }
  return server;
}
