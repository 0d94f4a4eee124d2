// Fields of a request that let another model answer. Such an answer costs what that model costs (OpenRouter's docs, model fallbacks), while budgets,
// estimates and costs are those of the planned model. The name in an answer could not correct that: gateways and deployments rename models.

import type { Fields } from '../json-fields.ts';

/** `route` and `models` are OpenRouter's; `fallbacks` is Anthropic's, and also that of several gateways. */
const choices = ['models', 'route', 'fallbacks'];

/** Empty if the planned model alone can answer. */
export const findModelChoices = (fields: Fields): readonly string[] =>
  choices
    .filter((field) => fields[field] !== undefined && fields[field] !== null)
    .map((field) => `${field}: another model could answer, at a price that the job does not know; name one model only`);
