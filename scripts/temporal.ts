// `npm run temporal -- ...`: runs the Temporal CLI that set-up found, for people without one on their PATH.
import './plain-errors.ts';
import { spawn } from 'node:child_process';
import { joinDevStack } from '../client/cli/dev-stack.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';

await joinDevStack(process.env);
const child = spawn(await ensureTemporalCli(), process.argv.slice(2), { stdio: 'inherit' });
// On a terminal the CLI gets Ctrl-C itself and decides when to end. A signal that only this process gets is passed on.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
