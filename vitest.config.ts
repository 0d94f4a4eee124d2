// Three processes at a time: each may hold a Temporal server and a worker, and much of their time is waiting; forks, because the SDK's native
// runtime is installed once per process. A process runs many files, one after the other, so that it loads and compiles what they share only once:
// a test leaves nothing behind in its process. The tests that talk to Temporal are projects of their own: its servers and the workflow bundle are
// made ready only for a run that has such tests.
import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** These files install a runtime of their own, so each has a process of its own. */
const ownRuntime = ['test/replay/**/*.test.ts', 'test/simulation/**/*.test.ts'];
const temporal = ['client/gateway', 'client/mcp', 'workflows', 'end-to-end', 'support'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);
const globalSetup = ['test/support/temporal-setup.ts'];

/** With NIGHTSHIFT_LONG=1, what needs a real server runs on two: the CLI's dev server, and the newer one that docker-compose.yml has. */
const isLong = process.env.NIGHTSHIFT_LONG === '1';
const onRealServer = (): string[] =>
  globSync(temporal).filter((path) => /\b(devServer|realServer)\(\)/.test(readFileSync(path, 'utf8')));
const newer = [...globalSetup, 'test/support/servers/newer-server-setup.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    isolate: false,
    maxWorkers: 3,
    setupFiles: ['test/support/fast-check-setup.ts'],
    // Several times what the slowest takes on a quiet machine: only a test that hangs should meet it.
    testTimeout: 150_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // A fault of the server that skips time, and nothing else: test/support/lost-task.ts.
    retry: { count: 5, condition: /^LostTask:/ },
    projects: [
      { extends: true, test: { name: 'own-runtime', include: ownRuntime, isolate: true, globalSetup } },
      { extends: true, test: { name: 'plain', include: ['test/**/*.test.ts'], exclude: [...ownRuntime, ...temporal] } },
      { extends: true, test: { name: 'temporal', include: temporal, globalSetup } },
      { extends: true, test: { name: 'newer', include: isLong ? onRealServer() : [], globalSetup: newer } },
    ],
  },
});
