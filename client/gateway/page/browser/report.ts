// Shows a job's report.html in a frame that can do nothing: no scripts, and no way to this page or its token.

import { messageOf, pathOf, request } from './api.ts';
import { find, make } from './dom.ts';

const id = decodeURIComponent(location.hash.slice(1));
document.title = `${id} – report`;
try {
  const response = await request(`${pathOf(id)}/files/page`);
  const frame = make('iframe', { sandbox: 'allow-popups', title: `Report of ${id}`, srcdoc: await response.text() });
  find('main').replaceChildren(frame);
} catch (error) {
  find('main').replaceChildren(
    make('h1', {}, 'No report'),
    make('p', { class: 'problem', role: 'alert' }, messageOf(error)),
    make('p', {}, make('a', { href: `/#/jobs/${encodeURIComponent(id)}` }, 'To the job')),
  );
}
