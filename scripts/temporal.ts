// `npm run temporal -- ...`: the Temporal CLI that set-up found, for people who have none on their PATH.
import './plain-errors.ts';
import { spawn } from 'node:child_process';
import { ensureTemporalCli } from './tools/temporal-cli.ts';

const child = spawn(await ensureTemporalCli(), process.argv.slice(2), { stdio: 'inherit' });
// The CLI hears Ctrl-C itself and decides when it is done; a signal sent to this process alone is passed on.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
