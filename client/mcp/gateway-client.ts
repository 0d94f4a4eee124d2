// Asks a gateway over HTTP, with a token of the operator. What goes wrong is said in words that never have the token.

export interface GatewayAddress {
  readonly url: string;
  /** Null: the gateway has no tokens. */
  readonly token: string | null;
}

export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** An estimate reads the whole dataset. */
const answerMs = 10 * 60_000;

export class GatewayClient {
  readonly #origin: string;
  readonly #headers: Headers;

  constructor({ url, token }: GatewayAddress) {
    this.#origin = readOrigin(url);
    this.#headers = new Headers({ 'content-type': 'application/json' });
    if (token !== null) this.#headers.set('authorization', readAuthorization(token));
  }

  /** Throws an error for people and agents if the gateway refuses, or does not answer. */
  async ask({ method, path, body, signal }: GatewayRequest): Promise<unknown> {
    const response = await this.#send({ method, path, body, signal });
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer;
    throw new Error(describeRefusal(response.status, answer));
  }

  async #send({ method, path, body, signal }: GatewayRequest): Promise<Response> {
    try {
      return await fetch(`${this.#origin}${path}`, {
        method,
        headers: this.#headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      // The words of the library may have the address with what a person put into it.
      throw new Error(`the gateway does not answer at ${this.#origin}: start it with \`nightshift serve\``);
    }
  }
}

function readOrigin(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new Error('NIGHTSHIFT_GATEWAY_URL: is not an address, for example http://127.0.0.1:4020');
  }
  return parsed.origin + parsed.pathname.replace(/\/+$/, '');
}

/** A header with other characters would be refused by words that quote it. */
function readAuthorization(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new Error('NIGHTSHIFT_GATEWAY_TOKEN: has characters that no token has');
}

function describeRefusal(status: number, answer: unknown): string {
  const error = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'error') : null;
  const message = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : null;
  return typeof message === 'string' ? message : `the gateway answers ${status}`;
}
