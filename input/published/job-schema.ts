// Makes the JSON Schemas of a job file and of a queue file from the schemas that are enforced, with defaults and examples for editors.

import { z } from 'zod';

import { queueFields } from '../queue/schema.ts';
import { jobFields } from '../schema.ts';
import { describeDefault, type FieldDoc, fieldDocs } from './field-docs.ts';

/** One field or type, as far as editors and pages show it. */
export interface SchemaNode {
  readonly $schema?: string;
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
  const published = {
    ...makeDescribedSchema(),
    title: 'Nightshift job',
    description: 'What `processDataset` takes: a dataset, and one request template for its rows.',
    anyOf: [{ required: ['dataset', 'provider'] }, { required: ['resumeFrom'] }],
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

/** A queue's job has its dataset and its output from the queue. */
export function queueSchemaText(): string {
  const { $schema: _, properties: { dataset: __, output: ___, ...jobProperties } = {}, ...job } = makeDescribedSchema();
  const { properties, ...queue } = toSchema(queueFields);
  const own = { ...properties?.job, ...job, properties: jobProperties, required: ['provider'] };
  const published = {
    ...queue,
    properties: { ...properties, job: own },
    title: 'Nightshift queue',
    description: 'What `processQueue` takes: the job of each flush, and when to flush.',
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

function makeDescribedSchema(): SchemaNode {
  const schema = makeSchema();
  for (const { node, doc } of listFields(schema)) {
    node.description = `${node.description}${describeDefault(doc)}`;
    node.examples = [doc.example];
  }
  return schema;
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

const makeSchema = (): SchemaNode => toSchema(jobFields);

const toSchema = (fields: z.ZodType): SchemaNode =>
  z.toJSONSchema(fields, { target: 'draft-07', io: 'input', unrepresentable: 'any', override: tidy }) as SchemaNode;

/** zod limits every whole number to the largest safe one, which does not help an editor. */
function tidy({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
