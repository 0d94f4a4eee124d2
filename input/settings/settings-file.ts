// Reads a settings file of a program: JSON that a person wrote. Every problem names the variable that points to the file, and quotes nothing of it.

import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** Without a path, all settings have their defaults. Fails with all problems together. */
export function readSettingsFile<Shape extends z.ZodType>(
  variable: string,
  path: string | null,
  shape: Shape,
): z.output<Shape> {
  if (path === null) return shape.parse({});
  const parsed = shape.safeParse(parseJson(variable, path));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${variable}: ${path}: ${issue.path.join('.')}: ${issue.message}`,
  );
  throw new Error(problems.join('\n'));
}

/** The parser's own message would quote the file. */
function parseJson(variable: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new Error(`${variable}: ${path} ${why}`);
  }
}
