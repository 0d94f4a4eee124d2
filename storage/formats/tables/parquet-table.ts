// Writes a table as Parquet, one row group after the other.

import type { BasicType, ColumnSource } from 'hyparquet-writer';
import type { Cell, ColumnType } from '../../../domain/outcome/result-columns.ts';
import type { Sink } from '../../store.ts';
import type { TableColumn, TableWriter } from './table.ts';

/** A row group is written when it has so many rows, or about so many characters: it is held in memory, and nothing else runs while it is encoded. */
const groupRows = 10_000;
const groupChars = 4 * 1024 * 1024;

const types: Readonly<Record<ColumnType, BasicType>> = { text: 'STRING', whole: 'INT64', number: 'DOUBLE' };

/** The library is loaded only for such a table. */
export async function parquetTable(sink: Sink, columns: readonly TableColumn[]): Promise<TableWriter> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const columnsWith = (rows: readonly (readonly Cell[])[]): ColumnSource[] =>
    columns.map(({ name, type }, at) => ({
      name,
      type: types[type],
      data: rows.map((cells) => toStored(cells[at] ?? null, type)),
    }));
  const writer = new ParquetWriter({ writer: bytes, schema: schemaFromColumnData({ columnData: columnsWith([]) }) });
  const flush = async (): Promise<void> => {
    const block = Buffer.from(bytes.getBytes());
    bytes.index = 0;
    await sink.write(block);
  };
  let rows: (readonly Cell[])[] = [];
  let chars = 0;
  const endGroup = async (): Promise<void> => {
    if (rows.length > 0) await writer.write({ columnData: columnsWith(rows), rowGroupSize: rows.length });
    rows = [];
    chars = 0;
    await flush();
  };
  return {
    async write(cells) {
      rows.push(cells);
      chars += cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
      if (rows.length >= groupRows || chars >= groupChars) await endGroup();
    },
    async close() {
      await endGroup();
      await writer.finish();
      await flush();
      await sink.close();
    },
    abort: () => sink.abort(),
  };
}

function toStored(cell: Cell, type: ColumnType): string | number | bigint | null {
  return type === 'whole' && typeof cell === 'number' ? BigInt(Math.round(cell)) : cell;
}
