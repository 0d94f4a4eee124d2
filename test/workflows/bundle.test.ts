// The workflow bundle: small, and without code that must not run in the sandbox.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workflowBundle } from '../support/temporal.ts';

test('holds no schema library, no vendor SDK and no project code outside domain and workflows', () => {
  const code = readFileSync(workflowBundle().codePath, 'utf8');
  expect(code).toContain('processDataset');
  expect(code).not.toMatch(/node_modules\/(zod|openai|@anthropic-ai|liquidjs|ajv|pino)\//);
  expect(code).not.toMatch(/"\.\/(providers|storage|spec|activities|worker)\/[^"]+\.ts"/);
});

test('stays under 4 MB, source map included', () => {
  expect(readFileSync(workflowBundle().codePath).byteLength).toBeLessThan(4_000_000);
});
