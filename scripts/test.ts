// `npm test`: does all set-up, runs vitest with the given arguments (`npm test -- test/domain`), and ends with a line of
// counts that any CI can read. A run without any test fails, because it proves nothing.
import './plain-errors.ts';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './tools/cache.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';
import { ensureTestServer } from './tools/test-server.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
const report = join(folder, 'report.json');
try {
  await ensureTemporalCli();
  await ensureTestServer();
  const code = await runVitest(process.argv.slice(2));
  const counts = readCounts();
  console.log(summary(counts));
  process.exitCode = code !== 0 || counts.failed > 0 || counts.passed === 0 ? code || 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runVitest(args: readonly string[]): Promise<number> {
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = [...process.execArgv, vitest, 'run', ...reporters, ...args];
  const child = spawn(process.execPath, command, { cwd: projectRoot, stdio: 'inherit' });
  // On a terminal vitest gets Ctrl-C itself; this process stays to print the counts and to clean up.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

function readCounts(): Counts {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    // A file that could not be loaded has no failed test, but must be counted as a failure.
    const brokenFiles = testResults.filter(isBroken).length;
    return { passed: numPassedTests, failed: numFailedTests + brokenFiles, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function isBroken(file: { status: string; assertionResults: { status: string }[] }): boolean {
  return file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed');
}

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
