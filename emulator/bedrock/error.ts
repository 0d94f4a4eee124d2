// AWS's form of an error: a message, and the name of an exception in a header.

interface Refusal {
  status: number;
  type?: string | undefined;
}

export const awsErrorHeaders = ({ status, type }: Refusal): Record<string, string> => ({
  'x-amzn-errortype': type ?? exceptions[status] ?? (status >= 500 ? 'InternalServerException' : 'ValidationException'),
});

const exceptions: Record<number, string> = {
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  409: 'ConflictException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
};
