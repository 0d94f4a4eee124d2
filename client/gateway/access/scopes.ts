// What a token allows: a closed list, which the docs describe.

export const scopes = ['read', 'start', 'change', 'add', 'batches'] as const;
/** `read`: follow jobs and read results. `start`: start and estimate jobs. `change`: pause, resume, cancel. `add`: put items into queues. `batches`: use the fronts of vendors. */
export type Scope = (typeof scopes)[number];
