// Starts an emulator for one test, with the vendors' own SDKs pointed at it, and takes it down afterwards.
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { createControl } from '../../emulator/server/control.ts';
import { type StartOptions, startEmulator } from '../../emulator/server/start.ts';

export const startMs = Date.UTC(2026, 0, 1);
export type Setup = Awaited<ReturnType<typeof setup>>;

export async function setup(options: StartOptions = {}) {
  const emulator = await startEmulator({ clock: 'manual', startMs, ...options });
  onTestFinished(() => emulator.close());
  const control = createControl(emulator.url);
  return {
    emulator,
    control,
    openai: openaiClient(emulator.openaiBaseUrl),
    anthropic: anthropicClient(emulator.anthropicBaseUrl),
    gemini: geminiClient(emulator.geminiBaseUrl),
    pass: (ms: number) => control.clock({ advanceMs: ms }),
  };
}

export function openaiClient(baseURL: string, apiKey = 'sk-test'): OpenAI {
  return new OpenAI({ apiKey, baseURL, maxRetries: 0 });
}

export function anthropicClient(baseURL: string, apiKey = 'sk-test'): Anthropic {
  return new Anthropic({ apiKey, baseURL, maxRetries: 0 });
}

/** It makes no second attempt unless it is told to. */
export function geminiClient(baseUrl: string, apiKey = 'sk-test'): GoogleGenAI {
  return new GoogleGenAI({ apiKey, vertexai: false, httpOptions: { baseUrl } });
}

export const allDoneMs = 10_000;
const chatUrl = '/v1/chat/completions';
export const chatBody = (text: string) => ({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: text }],
});
export const chatLine = (id: string, text = `question ${id}`, more: object = {}) => ({
  custom_id: id,
  method: 'POST',
  url: chatUrl,
  body: chatBody(text),
  ...more,
});
export const chatLines = (count: number) => Array.from({ length: count }, (_, at) => chatLine(`row-${at}`));
export const jsonl = (lines: object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

export async function upload(openai: OpenAI, content: string, name = 'input.jsonl') {
  return openai.files.create({ file: new File([content], name), purpose: 'batch' });
}

export async function submit({ openai }: Pick<Setup, 'openai'>, lines: object[], metadata?: Record<string, string>) {
  const file = await upload(openai, jsonl(lines));
  return createFrom(openai, file.id, metadata);
}

export async function createFrom(openai: OpenAI, fileId: string, metadata?: Record<string, string>) {
  const given = metadata === undefined ? {} : { metadata };
  return openai.batches.create({ input_file_id: fileId, endpoint: chatUrl, completion_window: '24h', ...given });
}

export interface ResultLine {
  custom_id: string;
  response: { status_code: number; body: { choices: Choice[]; error?: { code: string; message: string } } } | null;
  error: { code: string; message: string } | null;
}

interface Choice {
  finish_reason: string;
  message: { content: string | null; refusal: string | null };
}

export async function contentText(openai: OpenAI, fileId: string | null | undefined): Promise<string> {
  if (typeof fileId !== 'string') throw new Error('the batch has no such file');
  return (await openai.files.content(fileId)).text();
}

export async function results(openai: OpenAI, fileId: string | null | undefined): Promise<ResultLine[]> {
  return parseLines(await contentText(openai, fileId));
}

export function parseLines(text: string): ResultLine[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export const answerOf = (line: ResultLine | undefined): string | null | undefined =>
  line?.response?.body.choices[0]?.message.content;

export const request = (id: string, text = `question ${id}`, more: object = {}) => ({
  custom_id: id,
  params: { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user' as const, content: text }], ...more },
});

export async function anthropicResults(anthropic: Anthropic, id: string) {
  const lines = [];
  for await (const line of await anthropic.messages.batches.results(id)) lines.push(line);
  return lines;
}
