// Decides which facts a new start still needs: what expired, or was deleted by its owner, is forgotten with its bytes. Pure.
import type { BatchFact, Fact, FileFact } from './facts.ts';
import type { Header, ReadFacts } from './facts-file.ts';

// The vendors keep files and results about that long.
const singlesMs = 30 * 86_400_000;

export function forgetOld({ header, facts }: ReadFacts, nowMs: number): ReadFacts {
  const deleted = new Set(facts.flatMap((fact) => (fact.kind === 'file_deleted' ? [fact.id] : [])));
  const { kept, results } = keepBatches(facts, deleted, nowMs);
  const inputs = new Set(batchesOf(facts).flatMap((batch) => (kept.has(batch.id) ? [batch.inputFileId] : [])));
  const files = filesOf(facts).filter(
    ({ id, expiresAtMs }) => inputs.has(id) || (!deleted.has(id) && expiresAtMs > nowMs),
  );
  const known = new Set([...files.map(({ id }) => id), ...kept, ...results]);
  const isKept = (fact: Fact): boolean => {
    if (fact.kind === 'clock') return true;
    return fact.kind === 'single' ? fact.atMs + singlesMs > nowMs : known.has(fact.id);
  };
  return { header: countForgotten(header, facts, kept), facts: facts.filter(isKept) };
}

const batchesOf = (facts: readonly Fact[]): BatchFact[] => facts.filter((fact) => fact.kind === 'batch');
const filesOf = (facts: readonly Fact[]): FileFact[] => facts.filter((fact) => fact.kind === 'file');

/** A batch stays as long as anything that it can still be asked for: its results, or at OpenAI its input. */
function keepBatches(facts: readonly Fact[], deleted: ReadonlySet<string>, nowMs: number) {
  const gone = new Set(facts.flatMap((fact) => (fact.kind === 'batch_deleted' ? [fact.id] : [])));
  const ends = new Map(facts.flatMap((fact) => (fact.kind === 'ended' ? [[fact.id, fact] as const] : [])));
  const kept = new Set<string>();
  const results = new Set<string>();
  for (const { id, vendor, inputFileId, createdAtMs, resultsTtlMs } of batchesOf(facts)) {
    const end = ends.get(id);
    const made = [end?.outputFileId, end?.errorFileId].filter((file) => typeof file === 'string');
    const isExpired = end !== undefined && createdAtMs + resultsTtlMs <= nowMs;
    const isCleared =
      end !== undefined && vendor === 'openai' && [inputFileId, ...made].every((file) => deleted.has(file));
    if (gone.has(id) || isExpired || isCleared) continue;
    kept.add(id);
    for (const file of made) results.add(file);
  }
  return { kept, results };
}

/** So that an id is never given out twice, and a new batch has the next number. */
function countForgotten(header: Header, facts: readonly Fact[], kept: ReadonlySet<string>): Header {
  const ids = new Map(Object.entries(header.ids));
  for (const fact of facts) for (const name of namesIn(fact)) countName(ids, name);
  const forgotten = batchesOf(facts).filter(({ id }) => !kept.has(id)).length;
  return { ...header, ids: Object.fromEntries(ids), forgottenBatches: header.forgottenBatches + forgotten };
}

function namesIn(fact: Fact): string[] {
  if (fact.kind === 'file') return [fact.id];
  if (fact.kind === 'batch') return [fact.id, fact.input.replace(/\.\w+$/, '')];
  if (fact.kind !== 'ended') return [];
  return [fact.outputFileId, fact.errorFileId].filter((id) => id !== null);
}

/** An id is a prefix, 16 hex digits of a hash, and 8 of its number. */
function countName(ids: Map<string, number>, name: string): void {
  const [, prefix, number] = /^(.*[-_])[0-9a-f]{16}([0-9a-f]{8})$/.exec(name) ?? [];
  if (prefix === undefined || number === undefined) return;
  ids.set(prefix, Math.max(ids.get(prefix) ?? 0, Number.parseInt(number, 16)));
}
