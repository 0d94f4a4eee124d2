// Buttons that download the files of a job that has ended. A link could not send the token; a form sends it in its body, so that it is in no address.

import { pathOf, readToken, request } from '../api.ts';
import { make } from '../dom.ts';
import { size } from '../words.ts';

const files = {
  results: 'all results',
  failures: 'failed rows',
  inDoubt: 'rows in doubt',
  rejects: 'refused rows',
  report: 'report.json',
} as const;

/** Of each file that is there and has something in it. */
export async function makeDownloads(id: string, signal: AbortSignal): Promise<readonly HTMLElement[]> {
  const buttons = await Promise.all(
    Object.entries(files).map(async ([file, name]) => {
      const bytes = await readBytes(`${pathOf(id)}/files/${file}`, signal);
      return bytes === 0
        ? null
        : make('button', { type: 'button', click: () => download(id, file) }, `Download ${name} (${size(bytes)})`);
    }),
  );
  return buttons.filter((button) => button !== null);
}

async function readBytes(path: string, signal: AbortSignal): Promise<number> {
  try {
    const { headers } = await request(path, { method: 'HEAD', signal });
    return Number(headers.get('content-length'));
  } catch {
    return 0;
  }
}

function download(id: string, file: string): void {
  const fields = { id, file, token: readToken() ?? '' };
  const inputs = Object.entries(fields).map(([name, value]) => make('input', { type: 'hidden', name, value }));
  const form = make('form', { method: 'post', action: '/page/download', hidden: true }, ...inputs);
  document.body.append(form);
  form.submit();
  form.remove();
}
