// The form that starts a job: its id and its fields as JSON, with completion from the schema, and an estimate before anything is spent.

import type { JobEstimate } from '../../../../../domain/plan/estimate.ts';
import { ask, type Me, messageOf, post } from '../api.ts';
import { make } from '../dom.ts';
import { count, usd } from '../words.ts';
import type { SchemaNode } from './complete.ts';
import { CompletionList } from './completion-list.ts';

const example = {
  dataset: 'examples/tickets.jsonl',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  prompt: { user: 'Classify the ticket: {{ text }}', maxTokens: 16 },
  budget: { usd: 5 },
};

export function showStart(_: Me, signal: AbortSignal): HTMLElement[] {
  let schema: SchemaNode = {};
  ask<SchemaNode>('/job.schema.json', { signal }).then(
    (loaded) => {
      schema = loaded;
    },
    () => undefined,
  );
  const id = make('input', {
    id: 'job-id',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '200',
  });
  const job = make('textarea', {
    id: 'job',
    rows: '14',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'hint',
  });
  job.value = JSON.stringify(example, null, 2);
  const answer = make('div', { role: 'status' });
  const list = new CompletionList(job, () => schema);
  const send = async (what: string, act: (form: unknown) => Promise<readonly HTMLElement[]>): Promise<void> => {
    answer.replaceChildren(make('p', { class: 'soft' }, `${what} …`));
    try {
      answer.replaceChildren(...(await act({ id: id.value.trim(), job: parseJob(job.value) })));
    } catch (error) {
      answer.replaceChildren(make('p', { class: 'problem' }, messageOf(error)));
    }
  };
  const estimate = (): void => {
    if (form.reportValidity()) {
      void send('Estimating', async (asked) => describeEstimate(await post('/api/jobs/estimate', asked)));
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void send('Starting', async (asked) => {
      const { id: started } = await post<{ id: string }>('/api/jobs', asked);
      location.hash = `#/jobs/${encodeURIComponent(started)}`;
      return [];
    });
  };
  const form = make(
    'form',
    { class: 'card', submit },
    make('label', { for: 'job-id' }, 'Id'),
    id,
    make('label', { for: 'job' }, 'Job'),
    job,
    ...list.elements,
    make('p', { id: 'hint', class: 'soft' }, 'Ctrl-Space shows what may be written where the cursor is.'),
    make(
      'div',
      { class: 'bar' },
      make('button', { class: 'first' }, 'Start'),
      make('button', { type: 'button', click: estimate }, 'Estimate'),
    ),
    answer,
  );
  return [make('h1', {}, 'Start a job'), form];
}

function parseJob(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The job is not JSON: ${messageOf(error)}`);
  }
}

function describeEstimate(estimate: JobEstimate): readonly HTMLElement[] {
  const { rows, batches, inputTokens, usd: likely, mostUsd = null, realtimeUsd, budgetUsd, caveats } = estimate;
  const facts: readonly (readonly [string, string])[] = [
    ['rows', `${count(rows.accepted)}${rows.refused === 0 ? '' : `, ${count(rows.refused)} refused`}`],
    ['batches', count(batches)],
    ['input tokens, at most', count(inputTokens)],
    ['cost', usd(likely)],
    ['at most', usd(mostUsd)],
    ['all in realtime', usd(realtimeUsd)],
    ['budget', usd(budgetUsd)],
  ];
  const tiles = facts.map(([name, figure]) =>
    make('div', {}, make('dt', {}, name), make('dd', { class: 'figure' }, figure)),
  );
  return [
    make('dl', { class: 'tiles' }, ...tiles),
    make('ul', { class: 'plain soft' }, ...caveats.map((caveat) => make('li', {}, caveat))),
  ];
}
