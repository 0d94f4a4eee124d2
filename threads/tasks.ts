// The tasks that threads can do, by name.

import type { MaybePromise } from '../domain/maybe-promise.ts';
import { InvariantBroken } from '../domain/refusal.ts';
import type { BufferStock } from './buffer-stock.ts';
import { countTokens } from './tasks/count-tokens.ts';
import { drawPage } from './tasks/draw-page.ts';
import { judgeLines } from './tasks/judge-lines.ts';
import { renderRows } from './tasks/render-rows.ts';
import { scanAnswers } from './tasks/scan-answers.ts';

const tasks = { countTokens, drawPage, judgeLines, renderRows, scanAnswers } as const;

type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[0];
export type TaskOutput<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

export function runTask(name: string, input: object, stock: BufferStock): MaybePromise<object> {
  const task = Object.hasOwn(tasks, name) ? tasks[name as TaskName] : undefined;
  if (task === undefined) throw new InvariantBroken(`threads have no task ${name}`);
  return task(input as never, stock);
}
