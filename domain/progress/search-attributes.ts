// The search attributes that jobs set where a namespace has them, each of type Keyword: one list for all who register or look for them.

export const searchAttributes = [
  'NightshiftProvider',
  'NightshiftModel',
  'NightshiftTenant',
  'NightshiftPhase',
] as const;
