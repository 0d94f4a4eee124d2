// A request of OpenAI's chat completions, as one of Gemini's `generateContent`.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Fields,
  isGiven,
  joinPath,
  pickGiven,
  readList,
  readNumber,
  readText,
  refuse,
} from '../fields.ts';
import { chatCarried, chatDefaults, readChatLimit, readStop } from './chat-fields.ts';
import { readFormat } from './chat-format.ts';
import { type ReadTool, readToolChoice, readTools } from './chat-tools.ts';
import { pdf, readImageData, readPdf } from './media.ts';
import { type Blocks, joinTurns, toMessages } from './turns-to-messages.ts';

const carried = [...chatCarried, 'seed'];
const stopsMax = 5;
const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif'];

/** The model is in the URL of a call. */
export function toGeminiRequest(body: Fields): { [name: string]: Json } {
  checkNames(body, '', carried, { ...chatDefaults, parallel_tool_calls: [true] });
  const model = readText(body.model, 'model');
  const { system, messages } = toMessages(readList(body.messages, 'messages'), blocks);
  const contents = joinTurns(messages, blocks).map(({ role, blocks: parts }) =>
    role === 'user' ? { role, parts } : { role: 'model', parts: needsSignatures(model) ? signFirstCall(parts) : parts },
  );
  const config = pickGiven({
    maxOutputTokens: readChatLimit(body),
    temperature: readNumber(body.temperature, 'temperature'),
    topP: readNumber(body.top_p, 'top_p'),
    stopSequences: readStop(body, { blank: true, max: stopsMax }),
    seed: readNumber(body.seed, 'seed'),
    ...toFormat(body),
  });
  return pickGiven({
    systemInstruction: system === null ? null : { parts: typeof system === 'string' ? [{ text: system }] : system },
    contents,
    tools: toTools(readTools(body)),
    toolConfig: toToolConfig(body),
    generationConfig: Object.keys(config).length === 0 ? null : config,
  });
}

const blocks: Blocks = {
  laterInstructions: false,
  text: (text) => ({ text }),
  image(part, path) {
    const { mediaType, base64 } = readImageData(part, path, imageTypes);
    return { inlineData: { mimeType: mediaType, data: base64 } };
  },
  file(part, path) {
    const { name, base64 } = readPdf(part, path);
    if (name !== null) refuse(joinPath(path, 'file.filename'), 'the provider that answers takes files without names');
    return { inlineData: { mimeType: pdf, data: base64 } };
  },
  call: ({ id, name, input }) => ({ functionCall: { id, name, args: { ...input } } }),
  result({ id, name, content }, path) {
    if (name === null) refuse(joinPath(path, 'tool_call_id'), 'no message before has called this');
    return { functionResponse: { id, name, response: { output: joinTexts(content) } } };
  },
};

/** The vendor has one field for what a function returned. */
const joinTexts = (content: string | readonly Json[]): Json =>
  typeof content === 'string' ? content : content.map((part) => Object(part).text).join('');

/** From its third generation on, the vendor refuses a call without the signature of a thought. */
const needsSignatures = (model: string): boolean => !/^gemini-[12]\b/.test(model);

/** The vendor's own word for a call whose signature is not known; of calls that were made together, the first one has it. */
const unknownSignature = 'skip_thought_signature_validator';

function signFirstCall(parts: readonly Json[]): Json[] {
  const first = parts.findIndex((part) => Object(part).functionCall !== undefined);
  return parts.map((part, index) => (index === first ? { ...Object(part), thoughtSignature: unknownSignature } : part));
}

function toTools(tools: readonly ReadTool[] | null): Json {
  if (tools === null || tools.length === 0) return null;
  const functionDeclarations = tools.map(({ name, description, input_schema: schema, strict }, index) => {
    if (strict === true) {
      refuse(`tools.${index}.function.strict`, 'the provider that answers does not hold a model to the parameters');
    }
    const hasNone = Object.keys(Object(schema.properties)).length === 0;
    return pickGiven({ name, description, parametersJsonSchema: hasNone ? null : schema });
  });
  return [{ functionDeclarations }];
}

const modes = { auto: 'AUTO', none: 'NONE', any: 'ANY', tool: 'ANY' } as const;

function toToolConfig(body: Fields): Json {
  const choice = readToolChoice(body);
  if (choice === null) return null;
  const allowed = choice.type === 'tool' ? { allowedFunctionNames: [choice.name] } : {};
  return { functionCallingConfig: { mode: modes[choice.type], ...allowed } };
}

function toFormat(body: Fields): { [name: string]: Json } {
  const format = readFormat(body, { plainJson: true });
  if (format === null) return {};
  if (isGiven(format.description)) {
    refuse('response_format.json_schema.description', 'the provider that answers takes schemas without descriptions');
  }
  return pickGiven({ responseMimeType: 'application/json', responseJsonSchema: format.schema });
}
