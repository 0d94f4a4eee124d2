// The form of Fireworks' calls about jobs, and the job's id: it is ours, made from the submission's key.

import type { SubmissionKey } from '../../../domain/ids.ts';
import { type BatchForm, openaiForm } from '../openai/form.ts';
import { jobWire } from './wire.ts';

export const fireworksForm: BatchForm = { ...openaiForm, path: '/batchInferenceJobs', object: jobWire };

export const toJobId = (key: SubmissionKey): string => `nightshift-${key}`;
