// Where each emulated vendor's API begins, below the emulator's address, by the vendor's name.

export const frontPaths = { openai: '/v1', anthropic: '' } as const;
