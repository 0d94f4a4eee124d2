// The search attributes that a job sets if the namespace has registered them, each of type Keyword. One list for registering and setting.

export const searchAttributes = [
  'NightshiftProvider',
  'NightshiftModel',
  'NightshiftTenant',
  'NightshiftPhase',
] as const;
