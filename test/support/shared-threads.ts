// The pool of threads that the tests of one process share. Its threads end with the process.

import { createThreads } from '../../threads/pool.ts';

export const sharedThreads = createThreads(2);
