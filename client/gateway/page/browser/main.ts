// The page: signs a person in, and shows what the address names: the jobs, one job, or the form that starts one.

import { ask, isCode, keepToken, type Me, messageOf, pause, readToken } from './api.ts';
import { find, make, setText } from './dom.ts';
import { showJob } from './job/job.ts';
import { showJobs } from './jobs.ts';
import { showStart } from './start/start.ts';

/** Fills the page, and stops what it does when the signal is aborted. */
type View = (me: Me, signal: AbortSignal) => readonly HTMLElement[];

const tryAgainMs = 3000;

let me: Me | null = null;
let shown = new AbortController();

const main = find<HTMLElement>('main');

function chooseView(): { readonly title: string; readonly view: View } {
  const [, id] = /^#\/jobs\/(.+)$/.exec(location.hash) ?? [];
  if (id !== undefined) {
    const name = decode(id);
    return { title: name, view: (who, signal) => showJob(name, who, signal) };
  }
  if (location.hash === '#/start') return { title: 'Start a job', view: showStart };
  return { title: 'Jobs', view: showJobs };
}

/** Somebody may have typed the address. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function show(): void {
  if (me === null) return;
  shown.abort();
  shown = new AbortController();
  const { title, view } = chooseView();
  document.title = `${title} – Nightshift`;
  main.replaceChildren(...view(me, shown.signal));
  find('start-link').hidden = !me.scopes.includes('start');
  const current = location.hash === '#/start' ? 'start-link' : 'jobs-link';
  for (const id of ['jobs-link', 'start-link']) {
    if (id === current) find(id).setAttribute('aria-current', 'page');
    else find(id).removeAttribute('aria-current');
  }
}

/** Without a token, the gateway says whether it wants one. */
async function enter(): Promise<void> {
  shown.abort();
  me = null;
  shown = new AbortController();
  const { signal } = shown;
  while (!signal.aborted) {
    try {
      me = await ask<Me>('/api/me', { signal });
      setText(find('who'), me.tenant ?? 'operator');
      find('menu').hidden = false;
      find('sign-out').hidden = readToken() === null;
      return show();
    } catch (error) {
      // The form to sign in is there.
      if (signal.aborted || isCode(error, 'unauthorized')) return;
      showAway(`${messageOf(error)}. This page tries again.`);
      await pause(tryAgainMs, signal);
    }
  }
}

function showAway(text: string): void {
  const there = document.getElementById('away');
  if (there !== null) {
    setText(there, text);
    return;
  }
  document.title = 'No answer – Nightshift';
  const problem = make('p', { id: 'away', class: 'problem', role: 'alert' }, text);
  main.replaceChildren(make('div', { class: 'card narrow' }, make('h1', {}, 'No answer'), problem));
}

function askToken(): void {
  const wasTried = readToken() !== null;
  // Several requests may be refused, one after the other.
  if (document.getElementById('token') !== null && !wasTried) return;
  shown.abort();
  me = null;
  keepToken(null);
  find('menu').hidden = true;
  document.title = 'Sign in – Nightshift';
  const problem = wasTried ? 'The gateway does not know this token. Ask for a new one.' : '';
  main.replaceChildren(makeSignIn(problem));
  find('token').focus();
}

function makeSignIn(problem: string): HTMLElement {
  const token = make('input', {
    id: 'token',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'token-problem',
    'aria-invalid': problem === '' ? null : 'true',
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    keepToken(token.value.trim());
    void enter();
  };
  return make(
    'form',
    { class: 'card narrow', submit },
    make('h1', {}, 'Sign in'),
    make(
      'p',
      {},
      'The token is kept in this tab until you close it. ',
      make('code', {}, 'nightshift token'),
      ' makes one.',
    ),
    make('label', { for: 'token' }, 'Token'),
    token,
    make('p', { id: 'token-problem', class: 'problem', role: 'alert' }, problem),
    make('button', { class: 'first' }, 'Sign in'),
  );
}

addEventListener('unauthorized', askToken);
addEventListener('show-again', show);
addEventListener('hashchange', () => {
  show();
  // A person who uses the keyboard or a screen reader begins with what is new.
  if (me !== null) main.focus();
});
find('skip').addEventListener('click', (event) => {
  // The address says which view is shown.
  event.preventDefault();
  main.focus();
});
find('sign-out').addEventListener('click', () => {
  keepToken(null);
  location.reload();
});
await enter();
