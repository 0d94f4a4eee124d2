// The form of OpenRouter's calls about batches.

import { type BatchForm, openaiForm } from '../openai/form.ts';
import { batchWire } from './wire.ts';

export const openrouterForm: BatchForm = { ...openaiForm, object: batchWire };
