// The page: signs a person in, and shows what the address names: the jobs, one job, or the form that starts one.

import { ask, hasToken, keepToken, type Me, messageOf, Refusal } from './api.ts';
import { find, make, setText } from './dom.ts';
import { showJob } from './job/job.ts';
import { showJobs } from './jobs.ts';
import { showStart } from './start/start.ts';

/** Fills the page, and stops what it does when the signal is aborted. */
type View = (me: Me, signal: AbortSignal) => readonly HTMLElement[];

let me: Me | null = null;
let shown = new AbortController();

const main = find<HTMLElement>('main');

function chooseView(): { readonly title: string; readonly view: View } {
  const [, id] = /^#\/jobs\/(.+)$/.exec(location.hash) ?? [];
  if (id !== undefined) {
    const name = decodeURIComponent(id);
    return { title: name, view: (who, signal) => showJob(name, who, signal) };
  }
  if (location.hash === '#/start') return { title: 'Start a job', view: showStart };
  return { title: 'Jobs', view: showJobs };
}

function show(): void {
  shown.abort();
  if (me === null) return;
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
  try {
    me = await ask<Me>('/api/me');
    setText(find('who'), me.tenant ?? 'operator');
    find('menu').hidden = false;
    find('sign-out').hidden = !hasToken();
    show();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'unauthorized') {
      main.replaceChildren(make('p', { class: 'problem', role: 'alert' }, messageOf(error)));
    }
  }
}

function askToken(): void {
  // Several requests may be refused, one after the other.
  if (document.getElementById('token') !== null && !hasToken()) return;
  const wasTried = hasToken();
  shown.abort();
  me = null;
  keepToken(null);
  find('menu').hidden = true;
  document.title = 'Sign in – Nightshift';
  const token = make('input', {
    id: 'token',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    keepToken(token.value.trim());
    void enter();
  };
  const problem = wasTried ? 'The gateway does not know this token. Ask for a new one.' : '';
  main.replaceChildren(
    make(
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
      make('p', { class: 'problem', role: 'alert' }, problem),
      make('button', { class: 'first' }, 'Sign in'),
    ),
  );
  token.focus();
}

addEventListener('unauthorized', askToken);
addEventListener('hashchange', () => {
  show();
  // A person who uses the keyboard or a screen reader begins with what is new.
  main.focus();
});
find('sign-out').addEventListener('click', () => {
  keepToken(null);
  location.reload();
});
await enter();
