// `token`: makes a token of the gateway, and shows the entry of the configuration file that makes it known.

import { type Command, Option } from 'commander';
import { scopes } from '../../../gateway/access/scopes.ts';
import { printDone } from '../../print.ts';

export function addToken(program: Command): void {
  program
    .command('token <tenant>')
    .summary('make a token of the gateway')
    .description(
      'Makes a token for a tenant (`*`: for an operator, who sees every tenant). It is shown once. Put the entry, which has only its hash, into `tokens` of the file that NIGHTSHIFT_GATEWAY names.',
    )
    .addOption(new Option('--scopes <scopes...>', 'what it allows').choices(scopes).default([...scopes]))
    .action(async (tenant: string, { scopes: allowed }: { readonly scopes: readonly string[] }) => {
      const { hashToken, makeToken } = await import('../../../gateway/access/tokens.ts');
      const token = makeToken();
      const entry = JSON.stringify({ sha256: hashToken(token), tenant, scopes: allowed });
      printDone(`token: ${token}\nentry: ${entry}`, { token, entry });
    });
}
