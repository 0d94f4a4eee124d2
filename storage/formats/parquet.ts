// Reads Parquet.
import type { Store } from '../store.ts';
import type { DatasetFile, ReadFileOptions, RecordLine } from './rows.ts';
import { refuseFile } from './unreadable.ts';
// biome-ignore lint/correctness/useYield: replaced by the next change.
export async function* readParquet(
  _s: Store,
  uri: string,
  _d: Partial<DatasetFile>,
  _o: ReadFileOptions,
): AsyncGenerator<readonly RecordLine[]> {
  throw refuseFile(uri, 'Parquet cannot be read yet');
}
