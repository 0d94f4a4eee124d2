// Three processes at a time: each may hold a Temporal server and a worker, and much of their time is waiting; forks, because the SDK's native
// runtime is installed once per process. The tests that talk to Temporal are a project of their own: its servers and
// the workflow bundle are made ready only for a run that has such tests.
import { defineConfig } from 'vitest/config';

const temporal = [
  'test/workflows/**/*.test.ts',
  'test/replay/**/*.test.ts',
  'test/end-to-end/**/*.test.ts',
  'test/support/**/*.test.ts',
  'test/simulation/**/*.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    // Several times what the slowest takes on a quiet machine: only a test that hangs should meet it.
    testTimeout: 150_000,
    hookTimeout: 120_000,
    // A fault of the server that skips time, and nothing else: test/support/lost-task.ts.
    retry: { count: 5, condition: /^LostTask:/ },
    projects: [
      { extends: true, test: { name: 'plain', include: ['test/**/*.test.ts'], exclude: temporal } },
      {
        extends: true,
        test: { name: 'temporal', include: temporal, globalSetup: ['test/support/temporal-setup.ts'] },
      },
    ],
  },
});
