// Compiles a condition over a row: what may stand in the `if` of a template, with the same engine and bounds. A column that the row does not have
// is an error here, also where `if` would take it as false: a misspelt name must not go unnoticed.

import { Tokenizer, TypeGuards, Value } from 'liquidjs';
import type { Row } from '../../domain/request/column.ts';
import { RenderWork } from '../../domain/request/render-work.ts';
import { type Refusal, tooMuchWork } from '../../domain/request/template.ts';
import { evaluateCounting } from './bounded-liquid.ts';
import { describeProblem, liquid, toRefusal } from './liquid.ts';

export type Condition = (row: Row) => boolean | Refusal;

/** Throws if the text is not a condition: `findConditionProblem` says why. */
export function compileCondition(text: string): Condition {
  const value = parseCondition(text);
  const work = new RenderWork();
  return (row) => {
    work.begin();
    try {
      return evaluateCounting(liquid, value, row, work);
    } catch (error) {
      return work.isPassed ? tooMuchWork : toRefusal(error, text);
    }
  };
}

/** Null if the text is a condition. */
export function findConditionProblem(text: string): string | null {
  if (/\{\{|\{%/.test(text)) return 'must be a condition without braces, e.g. priority == "high"';
  return describeProblem(text, parseCondition);
}

/** liquidjs ignores operands without an operator, operators without operands, and an open quote. */
function parseCondition(text: string): Value {
  const { operators, groupedExpressions } = liquid.options;
  const tokenizer = new Tokenizer(text, operators, undefined, undefined, groupedExpressions);
  const token = tokenizer.readFilteredValue();
  tokenizer.skipBlank();
  if (!tokenizer.end() || !isWhole(token.initial.postfix)) throw new Error('a part of the condition has no meaning');
  return new Value(token, liquid);
}

function isWhole(postfix: Value['initial']['postfix']): boolean {
  let operands = 0;
  for (const token of postfix) {
    if (TypeGuards.isQuotedToken(token) && !/^(['"]).*\1$/su.test(token.getText())) return false;
    if (TypeGuards.isOperatorToken(token)) operands -= token.operator === 'not' ? 1 : 2;
    if (operands < 0) return false;
    operands += 1;
  }
  return operands === 1;
}
