// A request of OpenAI's chat completions, as one of Bedrock's Converse API.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { checkNames, type Fields, joinPath, pickGiven, readList, readNumber, readText, refuse } from '../fields.ts';
import { chatCarried, chatDefaults, readChatLimit, readCoolTemperature, readStop } from './chat-fields.ts';
import { readFormat } from './chat-format.ts';
import { readToolChoice, readTools } from './chat-tools.ts';
import { readImageData, readPdf } from './media.ts';
import { type Blocks, joinTurns, toMessages } from './turns-to-messages.ts';

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
/** What the vendor takes as the name of a document. */
const documentName = /^(?!.*\s\s)[a-zA-Z0-9 ()[\]-]{1,200}$/;

/** The model is in the URL of a call. */
export function toConverseRequest(body: Fields): { [name: string]: Json } {
  checkNames(body, '', chatCarried, { ...chatDefaults, parallel_tool_calls: [true] });
  readText(body.model, 'model');
  const { system, messages } = toMessages(readList(body.messages, 'messages'), blocks);
  const turns = joinTurns(messages, blocks).map(({ role, blocks: content }) => ({ role, content }));
  const config = pickGiven({
    maxTokens: readChatLimit(body),
    temperature: readCoolTemperature(body),
    topP: readNumber(body.top_p, 'top_p'),
    stopSequences: readStop(body, { blank: false }),
  });
  return pickGiven({
    system: typeof system === 'string' ? [{ text: system }] : system,
    messages: turns,
    inferenceConfig: Object.keys(config).length === 0 ? null : config,
    toolConfig: toToolConfig(body),
    outputConfig: toOutputConfig(body),
  });
}

const blocks: Blocks = {
  laterInstructions: false,
  text: (text) => ({ text }),
  image(part, path) {
    const { mediaType, base64 } = readImageData(part, path, imageTypes);
    return { image: { format: mediaType.replace('image/', ''), source: { bytes: base64 } } };
  },
  file(part, path) {
    const { name: given, base64 } = readPdf(part, path);
    // Every document must have a name of its own.
    const name = given === null ? `document ${path.match(/\d+/g)?.join('-')}` : given.replace(/\.pdf$/i, '');
    if (!documentName.test(name)) {
      refuse(joinPath(path, 'file.filename'), 'must have letters, digits, single spaces, brackets and - only');
    }
    return { document: { format: 'pdf', name, source: { bytes: base64 } } };
  },
  call: ({ id, name, input }) => ({ toolUse: { toolUseId: id, name, input: { ...input } } }),
  result: ({ id, content }) => ({ toolResult: { toolUseId: id, content: toResultContent(content) } }),
};

const toResultContent = (content: string | readonly Json[]): Json[] => {
  if (typeof content !== 'string') return [...content];
  return content === '' ? [] : [{ text: content }];
};

function toToolConfig(body: Fields): Json {
  const tools = readTools(body) ?? [];
  const choice = readToolChoice(body);
  if (choice?.type === 'none') refuse('tool_choice', 'the provider that answers has no way to keep a model from tools');
  if (tools.length === 0) return null;
  return pickGiven({
    tools: tools.map(({ name, description, input_schema: json, strict }) => ({
      toolSpec: pickGiven({ name, description, inputSchema: { json }, strict }),
    })),
    toolChoice: choice === null ? null : { [choice.type]: choice.type === 'tool' ? { name: choice.name } : {} },
  });
}

/** The API takes a schema as text. */
function toOutputConfig(body: Fields): Json {
  const format = readFormat(body, { plainJson: false });
  if (format === null) return null;
  const { name, description, schema } = format;
  const jsonSchema = pickGiven({ name, description, schema: JSON.stringify(schema) });
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}
