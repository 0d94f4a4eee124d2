// The rows of a job's output: each repeats its request, and has a response, or a status that says why there is none.
import type { Item } from '../answers/answer.ts';
import { isBilled, isError } from '../answers/outcome.ts';
import { idField, type LineWriter } from '../answers/results.ts';
import { messageBody } from '../anthropic/answers.ts';
import { geminiBody } from '../gemini/answers.ts';
import { geminiError } from '../gemini/error.ts';
import { itemProblem } from '../gemini/result-lines.ts';
import { asObject } from '../server/json.ts';
import type { Batch } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import { geminiMethod, isClaude } from './scan.ts';

export function rowWriter({ scan, options, final }: Batch): LineWriter {
  const time = `"processed_time":"${isoTime(final?.endedAtMs ?? 0)}"`;
  return (item, id, at) => {
    const head = writeHead(item, id);
    if (isBilled(item.outcome)) {
      const body = isClaude(item.model)
        ? messageBody(item, options)
        : geminiBody(geminiMethod(item.model), item, options);
      return `{${head},"status":"",${time},"response":${body}}`;
    }
    if (!isError(item.outcome)) return null;
    const index = scan?.index;
    const problem = itemProblem(item.outcome, index?.defects.get(at), index?.sentinels.get(at)?.fail);
    const words = options.errorBodyText === undefined ? problem.message : `${problem.message} ${options.errorBodyText}`;
    const status = `Bad Request: ${JSON.stringify(geminiError(problem, words))}`;
    return `{${head},"status":${JSON.stringify(status)},${time},"response":{}}`;
  };
}

/** The request as it came. Its id is next to it, or in a label. */
function writeHead(item: Item, id: string | null): string {
  const request = item.body();
  if (isClaude(item.model)) return `${idField(id)}"request":${JSON.stringify(request)}`;
  if (geminiMethod(item.model) === 'embedContent') return `${idField(id, 'key')}"request":${JSON.stringify(request)}`;
  const { labels, ...rest } = request;
  const given = Object.keys(asObject(labels)).map((name) => [name, id]);
  return `"request":${JSON.stringify(id === null ? rest : { ...rest, labels: Object.fromEntries(given) })}`;
}
