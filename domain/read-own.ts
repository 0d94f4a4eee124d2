// Reads a record by a name that a person chose. It may be `constructor`, which every object inherits.

export const readOwn = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
