// Why a batch of a file cannot run, in the vendor's words, or what answers it.

import { chooseRoute, findTarget } from '../batches/choose-route.ts';
import type { LinesSummary } from '../batches/lines-tally.ts';
import type { BatchProblem, Route } from '../batches/record.ts';
import { translatedEndpoints } from '../batches/translator.ts';
import type { GatewayConfig } from '../config.ts';

interface Findings {
  readonly problems: readonly BatchProblem[];
  /** Null only if there are problems. */
  readonly route: Route | null;
}

type FindingConfig = Pick<GatewayConfig, 'models'> & {
  readonly limits: Pick<GatewayConfig['limits'], 'linesPerBatch'>;
};

export function findProblems(lines: LinesSummary, endpoint: string, config: FindingConfig): Findings {
  const { linesPerBatch } = config.limits;
  const problems: BatchProblem[] = [];
  const add = (code: string, message: string, param: string | null, line: number | null): void => {
    problems.push({ code, message, param, line });
  };
  if (lines.total === 0) add('empty_file', 'The input file has no lines.', 'input_file_id', null);
  if (lines.total > linesPerBatch) {
    add('too_many_tasks', `The input file has ${lines.total} lines: at most ${linesPerBatch} are allowed.`, null, null);
  }
  problems.push(...lines.problems);
  for (const [url, line] of Object.entries(lines.endpoints)) {
    if (url !== endpoint) {
      add('mismatched_url', `The URL of this line does not match the batch's endpoint ${endpoint}.`, 'url', line);
    }
  }
  if (problems.length > 0) return { problems, route: null };
  const choice = chooseRoute(lines.models, config);
  if (choice.kind === 'problem') {
    const code = choice.code === 'no_route' ? 'model_not_found' : 'mismatched_model';
    add(code, choice.message, 'body.model', choice.line);
    return { problems, route: null };
  }
  if (findTarget(choice.route) !== 'openai' && endpoint !== translatedEndpoints.openai) {
    const message = `Requests of ${endpoint} cannot be carried to the provider of this model: only those of ${translatedEndpoints.openai} can.`;
    add('invalid_url', message, 'url', 1);
    return { problems, route: null };
  }
  return { problems, route: choice.route };
}
