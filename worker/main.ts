#!/usr/bin/env node
// `nightshift-worker`: ends with a clear message if Node is too old, and otherwise runs the worker.

import './node-check.ts';
import nodeModule from 'node:module';

// A worker spends most of its start compiling. The cache keeps the result for the next start.
nodeModule.enableCompileCache();
await import('./serve.ts');
