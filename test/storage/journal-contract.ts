// What the journals of every store must do: one writer, and nothing lost that was promised.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { type GuardedChild, spawnGuarded } from '../../scripts/tools/guard.ts';
import { lineChunks } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import type { Setup } from './under-test.ts';

export function journalContract(setup: Setup): void {
  test('a journal has one writer, which cannot write after it is closed', async () => {
    const { store } = await setup();
    const journal = await store.journal('a/journal');
    await Promise.all(Array.from({ length: 50 }, (_, n) => journal.append(Buffer.from(`line ${n}`))));
    await journal.note(Buffer.from('noted'));
    await journal.close();
    await expect(journal.append(Buffer.from('late'))).rejects.toThrow(StoreError);
    expect((await readLines(store, 'a/journal')).slice(48)).toEqual(['line 48', 'line 49', 'noted']);
  });

  test('of 24 that create the same journal, exactly one does', async () => {
    const { store } = await setup();
    const settled = await Promise.allSettled(Array.from({ length: 24 }, () => store.journal('journal')));
    const journals = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(journals.map((journal) => journal.close()));
    expect(journals).toHaveLength(1);
  });

  test('what a killed process was promised is there, whole and once', async () => {
    const { store, root, appendForEver } = await setup();
    const child = spawnGuarded(process.execPath, appendForEver(`${root}journal`));
    child.stderr.pipe(process.stderr, { end: false });
    const promised = await killAfterLines(child, 20);
    const numbers = (await readLines(store, 'journal')).map((line) => JSON.parse(line).n);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(numbers.length).toBeGreaterThan(promised);
  });
}

async function killAfterLines(child: GuardedChild, count: number): Promise<number> {
  let last = -1;
  let lines = 0;
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    lines += 1;
    if (lines === count) child.kill('SIGKILL');
  }
  await exit;
  expect(lines).toBeGreaterThanOrEqual(count);
  return last;
}

async function readLines(store: Store, uri: string): Promise<string[]> {
  const found: string[] = [];
  for await (const lines of lineChunks(store.read(uri), { lineBytesMax: 1000, endedOnly: true })) {
    found.push(...lines.map(({ bytes }) => String(bytes)));
  }
  return found;
}
