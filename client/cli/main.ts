#!/usr/bin/env node
// `nightshift`: jobs from the command line.

import { enableCompileCache } from 'node:module';

// Half of what a short command takes is compiling: it is kept from one call to the next.
enableCompileCache();
await import('./command-line.ts');
