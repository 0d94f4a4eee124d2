// Where the API of each emulated vendor begins, below the emulator's address. By the vendor's name.

export const frontPaths = { openai: '/v1', anthropic: '' } as const;
