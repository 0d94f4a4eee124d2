// The libraries that decode Parquet, loaded only for a dataset in Parquet.

import type { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import type { compressors } from 'hyparquet-compressors';

export interface Parquet {
  readonly parquetMetadataAsync: typeof parquetMetadataAsync;
  readonly parquetRead: typeof parquetRead;
  readonly parquetSchema: typeof parquetSchema;
  readonly compressors: typeof compressors;
}

export async function loadParquet(): Promise<Parquet> {
  const [reader, { compressors }] = await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  return { ...reader, compressors };
}
