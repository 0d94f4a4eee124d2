// Makes the JSON Schema of a job file from the schema that is enforced, with defaults and examples for editors.

import { z } from 'zod';

import { jobFields } from '../schema.ts';
import { describeDefault, type FieldDoc, fieldDocs } from './field-docs.ts';

/** One field or type, as far as editors and pages show it. */
export interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  description?: string;
  examples?: readonly unknown[];
}

export interface DescribedField {
  readonly path: string;
  readonly node: SchemaNode;
  readonly doc: FieldDoc;
}

export function jobSchemaText(): string {
  const schema = makeSchema();
  for (const { node, doc } of listFields(schema)) {
    node.description = `${node.description}${describeDefault(doc)}`;
    node.examples = [doc.example];
  }
  const published = {
    ...schema,
    title: 'Nightshift job',
    description: 'What `processDataset` takes: a dataset, and one request template for its rows.',
    anyOf: [{ required: ['dataset', 'provider'] }, { required: ['resumeFrom'] }],
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

/** Every field, e.g. `batch.maxItems`. An object comes before its own fields. */
export function listFields(node = makeSchema(), prefix = ''): DescribedField[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]) => [
    describeField(`${prefix}${name}`, field),
    ...(isTree(field) ? [] : listFields(field, `${prefix}${name}.`)),
  ]);
  return [...own, ...(node.anyOf ?? []).flatMap((each) => listFields(each, prefix))];
}

function describeField(path: string, node: SchemaNode): DescribedField {
  const doc = fieldDocs[path];
  if (doc === undefined) throw new Error(`input/published/field-docs.ts does not describe ${path}`);
  return { path, node, doc };
}

/** A user's own JSON has no fields that a page could list. */
const isTree = ({ type, properties }: SchemaNode): boolean => type === 'object' && properties === undefined;

const makeSchema = (): SchemaNode =>
  z.toJSONSchema(jobFields, { target: 'draft-07', io: 'input', unrepresentable: 'any', override: tidy }) as SchemaNode;

/** zod limits every whole number to the largest safe one, which does not help an editor. */
function tidy({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
