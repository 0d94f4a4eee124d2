// Ends the worker with a clear message if Node is too old. Imported first, before anything that an old Node cannot run.

import { describeOldNode } from '../domain/node-version.ts';

const problem = describeOldNode(process.versions.node);
if (problem !== null) {
  process.stderr.write(`nightshift-worker: ${problem}\n`);
  process.exit(1);
}
