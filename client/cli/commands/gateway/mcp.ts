// `mcp`: lets an agent inspect, estimate, start and pause jobs, through a gateway.

import type { Command } from 'commander';
import { environment } from '../../../surroundings.ts';

export function addMcp(program: Command): void {
  program
    .command('mcp')
    .summary('serve an agent over the Model Context Protocol, on standard input and output')
    .description(
      'Serves tools to an agent over the Model Context Protocol: list_jobs, inspect_job, failures, estimate_job, start_job, pause_job and resume_job. It asks the gateway at NIGHTSHIFT_GATEWAY_URL (default: http://127.0.0.1:4020) with the token NIGHTSHIFT_GATEWAY_TOKEN, whose scopes say what the agent may do.',
    )
    .action(async () => {
      const { serveAgent } = await import('../../../mcp/server.ts');
      await serveAgent({
        url: environment.NIGHTSHIFT_GATEWAY_URL || 'http://127.0.0.1:4020',
        token: environment.NIGHTSHIFT_GATEWAY_TOKEN || null,
      });
    });
}
