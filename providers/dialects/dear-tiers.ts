// Tiers of service that cost up to twice the list prices (OpenAI docs, fast mode; Gemini API docs, optimization; Fireworks docs, serverless modes): a
// request for one would cost more than its budget knows.

const dearTier = /priority|fast/i;
/** A row could name any tier. */
const template = '{{';

/** Empty if nothing is known against it. */
export const findTierProblems = (field: string, tier: unknown): readonly string[] =>
  typeof tier === 'string' && (dearTier.test(tier) || tier.includes(template))
    ? [`${field}: only tiers that cost no more than the standard one are taken, since no prices of others are known`]
    : [];
