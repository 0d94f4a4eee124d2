// What lists show of a job without a worker: its progress in its memo, and its search attributes. The progress changes in few steps, because each
// costs the history an event. At the end, the figures of the report take its place.

import { defineSearchAttributeKey } from '@temporalio/common';
import { patched, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { JobSettings } from '../domain/job.ts';

const steps = 20;

export class ProgressMemo {
  #told = 0;

  update(progress: number): void {
    const step = Math.floor(steps * progress);
    if (step <= this.#told) return;
    this.#told = step;
    upsertMemo({ nightshift: { progress: step / steps } });
  }
}

/** An unregistered search attribute would fail the workflow task forever. */
export function tagJob({ searchAttributes }: JobSettings, name: string, value: string): void {
  if (searchAttributes.includes(name)) {
    upsertSearchAttributes([{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }]);
  }
}

/** False for a pause that began under an earlier version: its job replays without the attribute. */
export const listsShowPauses = (): boolean => patched('lists-show-pauses');
