// What a request may ask of a model beyond text, and what a provider or a model lacks.

export const needs = ['tools', 'schema', 'images', 'documents', 'audio'] as const;
export type Need = (typeof needs)[number];

const words: Readonly<Record<Need, string>> = {
  tools: 'tools',
  schema: 'a schema for the answer',
  images: 'images',
  documents: 'documents',
  audio: 'audio',
};

/** One problem for each need that is lacking, as `findProblems` of a provider words it. */
export const describeLacks = (who: string, asked: readonly Need[], lacks: readonly Need[]): string[] =>
  asked.filter((need) => lacks.includes(need)).map((need) => `${need}: ${who} does not take ${words[need]}`);
