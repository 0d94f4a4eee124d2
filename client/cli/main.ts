#!/usr/bin/env node
// `nightshift`: jobs from the command line.

import { enableCompileCache } from 'node:module';

// A short command spends half of its time compiling. The cache keeps the result for the next call.
enableCompileCache();
await import('./command-line.ts');
