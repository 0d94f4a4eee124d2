// The form that starts a job: its id and its fields as JSON, with completion from the schema, and an estimate before anything is spent.

import { ask, type Me, post } from '../api.ts';
import { make } from '../dom.ts';
import type { SchemaNode } from './complete.ts';
import { CompletionList } from './completion-list.ts';
import { describeEstimate } from './describe-estimate.ts';

const example = {
  dataset: 'examples/tickets.jsonl',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  prompt: { user: 'Classify the ticket: {{ text }}', maxTokens: 16 },
  budget: { usd: 5 },
};

/** What was written is still there when a person comes back. */
const draft = { id: '', job: JSON.stringify(example, null, 2) };

export function showStart({ scopes }: Me, signal: AbortSignal): HTMLElement[] {
  const heading = make('h1', {}, 'Start a job');
  if (scopes.includes('start')) return [heading, makeForm(signal)];
  const text = 'Your token may not start jobs: ask for one that has the scope ';
  return [heading, make('p', { class: 'card' }, text, make('code', {}, 'start'), '.')];
}

function makeForm(signal: AbortSignal): HTMLElement {
  const id = make('input', {
    id: 'job-id',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '200',
    input: () => keepDraft(),
  });
  const job = make('textarea', {
    id: 'job',
    rows: '14',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'hint',
    input: () => keepDraft(),
  });
  const keepDraft = (): void => void Object.assign(draft, { id: id.value, job: job.value });
  id.value = draft.id;
  job.value = draft.job;
  const answer = make('div', { role: 'status' });
  const list = new CompletionList(job, loadSchema(signal), keepDraft);
  const start = make('button', { class: 'first' }, 'Start');
  const estimate = make('button', { type: 'button', click: () => void askEstimate() }, 'Estimate');
  let isSending = false;
  const send = async (what: string, act: (form: unknown) => Promise<readonly HTMLElement[]>): Promise<void> => {
    // A button that is disabled would lose the focus.
    if (isSending) return;
    isSending = true;
    answer.replaceChildren(make('p', { class: 'soft' }, `${what} …`));
    try {
      answer.replaceChildren(...(await act({ id: id.value.trim(), job: parseJob(job.value) })));
    } catch (error) {
      answer.replaceChildren(...describeProblem(error));
    }
    isSending = false;
  };
  const askEstimate = async (): Promise<void> => {
    if (!form.reportValidity()) return;
    await send('Estimating', async (asked) => describeEstimate(await post('/api/jobs/estimate', asked)));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void send('Starting', async (asked) => {
      const { id: started } = await post<{ id: string }>('/api/jobs', asked);
      draft.id = '';
      if (!signal.aborted) location.hash = `#/jobs/${encodeURIComponent(started)}`;
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
    make('div', { class: 'bar' }, start, estimate),
    answer,
  );
  return form;
}

/** Until it is there, nothing is completed. */
function loadSchema(signal: AbortSignal): () => SchemaNode {
  let schema: SchemaNode = {};
  ask<SchemaNode>('/job.schema.json', { signal }).then(
    (loaded) => {
      schema = loaded;
    },
    () => undefined,
  );
  return () => schema;
}

function parseJob(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The job is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** A worker names each field that is wrong in a line of its own. */
function describeProblem(error: unknown): readonly HTMLElement[] {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 1) return [make('p', { class: 'problem' }, text)];
  return [make('ul', { class: 'plain problem' }, ...lines.map((line) => make('li', {}, line)))];
}
