// Downloads one of Temporal's servers with the SDK's own downloader, which downloads only when it starts a server. Runs as a
// separate process, because a download inside the native bridge cannot be aborted: the parent ends the process.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { isExecutable, runCommand } from './command.ts';

// A closed network fails or stays silent; a slow one keeps adding bytes.
const stallMs = 30_000;
const downloadTimeoutMs = 10 * 60_000;

export type DownloadKind = 'cli' | 'test-server';

export type DownloadResult = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Puts the executable at `file`, or returns the reason why not. */
export async function downloadThroughSdk(kind: DownloadKind, folder: string, file: string): Promise<DownloadResult> {
  const downloads = join(folder, 'download');
  mkdirSync(downloads, { recursive: true });
  const args = [...process.execArgv, import.meta.filename, kind, downloads];
  const result = await runCommand(process.execPath, args, { timeoutMs: downloadTimeoutMs, giveUp: stalled(downloads) });
  const found = entries(downloads).find(isExecutable);
  if (result.ok && found) renameSync(found, file);
  rmSync(downloads, { recursive: true, force: true });
  if (result.ok && found) return { ok: true };
  return { ok: false, why: result.ok ? 'the downloader left no executable' : firstLine(result.why) };
}

function stalled(folder: string): () => boolean {
  let bytes = 0;
  let since = Date.now();
  return () => {
    const now = entries(folder).reduce((sum, path) => sum + statSync(path).size, 0);
    if (now !== bytes) {
      bytes = now;
      since = Date.now();
    }
    return Date.now() - since > stallMs;
  };
}

function entries(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

function firstLine(why: string): string {
  const cause = /(dns error|timed out|connection refused|certificate|no progress|client error)[^\n]*/i.exec(why);
  return (cause?.[0] ?? why).split('\n')[0]?.slice(0, 300) ?? why;
}

async function startOnce(kind: string | undefined, downloadDir: string): Promise<void> {
  const executable = { type: 'cached-download', downloadDir } as const;
  const started =
    kind === 'cli'
      ? TestWorkflowEnvironment.createLocal({ server: { executable } })
      : TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  await (await started).teardown();
}

if (import.meta.main) {
  const [kind, folder] = process.argv.slice(2);
  if (!folder) throw new Error('Usage: sdk-download.ts cli|test-server FOLDER');
  await startOnce(kind, folder);
}
