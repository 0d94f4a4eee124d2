// Explains why a Temporal server cannot be used, in a few words. The client's transport is grpc-js, the worker's is Temporal's Rust core, and
// each has its own words for the same cause.

export interface ServerFailure {
  /** What went wrong; the address follows it in a message. */
  readonly why: string;
  /** The settings that are wrong; null if the server may answer later with the same settings. */
  readonly check: string | null;
}

export function explainServerFailure(error: unknown): ServerFailure {
  const { code, text } = readInnermost(error);
  for (const [pattern, why, check = null] of causes) {
    const match = pattern.exec(`code ${code}: ${text}`);
    if (match !== null) return { why: why.replace('$1', match[1] ?? ''), check };
  }
  return { why: text.split('\n')[0] ?? text, check: null };
}

/** One line for a person, with what to do. */
export function describeServerFailure({ why, check }: ServerFailure, address: string): string {
  if (check !== null) return `Temporal cannot be used: ${why} at ${address}: check ${check}`;
  return `no Temporal server: ${why} at ${address}: start one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE`;
}

/** For an error in Temporal's variables or its file of profiles, found before any call. */
export function describeWrongSettings(error: unknown): string {
  return `Temporal's variables or profile cannot be used: ${readInnermost(error).text.split('\n')[0]}`;
}

export const noAnswer = 'no answer';
const refused = 'connection refused';
const unknownHost = 'unknown host';

/** Nothing is there that could answer later. */
export const isAbsent = ({ why }: ServerFailure): boolean => why === refused || why === unknownHost;

const closed = 'connection closed (TEMPORAL_TLS=true if it needs TLS)';

/** A server that was there may be back later. */
export const isAway = (failure: ServerFailure): boolean =>
  isAbsent(failure) || failure.why === noAnswer || failure.why === closed;

const authority = 'TEMPORAL_TLS_SERVER_CA_CERT_PATH and TEMPORAL_TLS_SERVER_NAME';
const clientPair = 'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH';

/** The first that matches counts. The message of an illegal key contains the key, and so is never shown. */
const causes: readonly (readonly [pattern: RegExp, why: string, check?: string])[] = [
  [/illegal characters|InvalidMetadata|invalid header value/i, 'illegal characters in a key', 'TEMPORAL_API_KEY'],
  [/Namespace (?:not found: ')?([\w.-]+)(?: is not found|')/, 'no namespace $1'],
  [
    /code 16:|UNAUTHENTICATED|valid authentication credentials/,
    'credentials refused',
    'TEMPORAL_API_KEY or the TLS key',
  ],
  [
    /code 7:|PERMISSION_DENIED|does not have permission/,
    'permission denied',
    'TEMPORAL_API_KEY, the TLS key and TEMPORAL_NAMESPACE',
  ],
  [/InvalidContentType|wrong version number/, 'no TLS', 'TEMPORAL_TLS; TEMPORAL_API_KEY turns TLS on'],
  [/AlertReceived|SSL alert/i, 'client certificate refused', clientPair],
  [/PrivateKeyParseError|CertificateParseError|PEM routines|KEY_VALUES_MISMATCH/i, 'unusable client key', clientPair],
  [/InvalidCertificate|certificate|altnames/i, 'certificate not trusted', authority],
  [/Invalid address/, 'no host and port', 'TEMPORAL_ADDRESS'],
  [/ConnectionRefused|ECONNREFUSED/, refused],
  [/dns error|ENOTFOUND|EAI_AGAIN|Name resolution failed/, unknownHost],
  [/timed? ?out|deadline|ETIMEDOUT/i, noAnswer],
  [/BrokenPipe|broken pipe|ConnectionReset|ECONNRESET|UnexpectedEof|Failed to connect \(|socket disconnected/, closed],
  [/HTTP status|http2 error|Protocol error/, 'another kind of server'],
];

/** The innermost cause says what went wrong. */
function readInnermost(error: unknown): { code: unknown; text: string } {
  if (!(error instanceof Error)) return { code: null, text: String(error) };
  if (error.cause instanceof Error) return readInnermost(error.cause);
  return { code: Reflect.get(error, 'code'), text: error.message };
}
