#!/usr/bin/env node
// `nightshift`: jobs from the command line.

import nodeModule from 'node:module';
import { describeOldNode } from '../../domain/node-version.ts';

const problem = describeOldNode(process.versions.node);
if (problem !== null) {
  console.error(`nightshift: ${problem}`);
  process.exit(1);
}
// A short command spends half of its time compiling. The cache keeps the result for the next call.
nodeModule.enableCompileCache();
await import('./command-line.ts');
