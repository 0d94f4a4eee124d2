// Both SDKs add the headers of an environment variable to every request, and have no option against it: only headers that
// are known go out, and the key is the one that was configured.

const known = /^(accept|content-type|content-length|user-agent|anthropic-version|x-stainless-.+)$/;

export function fetchWithOwnHeaders(apiKey: string): typeof fetch {
  return (input, init) => {
    const headers = new Headers({ authorization: `Bearer ${apiKey}` });
    for (const [name, value] of new Headers(init?.headers)) if (known.test(name)) headers.set(name, value);
    return fetch(input, { ...init, headers });
  };
}
