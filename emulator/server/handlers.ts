// Which function serves which route.
import {
  anthropicResults,
  cancelAnthropicBatch,
  createAnthropicBatch,
  deleteAnthropicBatch,
  listAnthropicBatches,
  retrieveAnthropicBatch,
} from '../anthropic/batches.ts';
import { listAnthropicModels, messageCall, retrieveAnthropicModel } from '../anthropic/model-calls.ts';
import { cancelBedrockJob, createBedrockJob, listBedrockJobs, retrieveBedrockJob } from '../bedrock/jobs.ts';
import { converseCall, retrieveFoundationModel, retrieveInferenceProfile } from '../bedrock/model-calls.ts';
import {
  cancelGeminiBatch,
  createGeminiBatch,
  deleteGeminiBatch,
  listGeminiBatches,
  retrieveGeminiBatch,
} from '../gemini/batches.ts';
import { deleteGeminiFile, geminiContent, listGeminiFiles, retrieveGeminiFile } from '../gemini/files.ts';
import { embedCall, generateCall, listGeminiModels, retrieveGeminiModel } from '../gemini/model-calls.ts';
import { uploadGeminiFile } from '../gemini/upload.ts';
import {
  cancelOpenaiBatch,
  createOpenaiBatch,
  listOpenaiBatches,
  retrieveOpenaiBatch,
  unknownCall,
} from '../openai/batches.ts';
import { createFile, deleteFile, fileContent, listFiles, retrieveFile } from '../openai/files.ts';
import { listOpenaiModels, modelCall, retrieveOpenaiModel } from '../openai/model-calls.ts';
import {
  cancelVertexJob,
  createVertexJob,
  deleteVertexJob,
  listVertexJobs,
  retrieveVertexJob,
} from '../vertex/jobs.ts';
import { retrieveVertexModel, vertexCall, vertexPredict } from '../vertex/model-calls.ts';
import type { Handler } from './call.ts';
import type { RouteName } from './routes.ts';

export const handlers: Record<RouteName, Handler> = {
  'openai.files.create': createFile,
  'openai.files.list': listFiles,
  'openai.files.retrieve': retrieveFile,
  'openai.files.delete': deleteFile,
  'openai.files.content': fileContent,
  'openai.files.intend': unknownCall,
  'openai.files.put': unknownCall,
  'openai.files.signed': unknownCall,
  'openai.batches.create': createOpenaiBatch,
  'openai.batches.list': listOpenaiBatches,
  'openai.batches.retrieve': retrieveOpenaiBatch,
  'openai.batches.cancel': cancelOpenaiBatch,
  'openai.batches.results': unknownCall,
  'openai.batches.delete': unknownCall,
  'openai.chat': modelCall('/v1/chat/completions'),
  'openai.responses': modelCall('/v1/responses'),
  'openai.embeddings': modelCall('/v1/embeddings'),
  'openai.completions': modelCall('/v1/completions'),
  'openai.moderations': modelCall('/v1/moderations'),
  'openai.images.generate': modelCall('/v1/images/generations'),
  'openai.images.edit': modelCall('/v1/images/edits'),
  'openai.models.list': listOpenaiModels,
  'openai.models.retrieve': retrieveOpenaiModel,
  'anthropic.messages': messageCall,
  'anthropic.batches.create': createAnthropicBatch,
  'anthropic.batches.list': listAnthropicBatches,
  'anthropic.batches.retrieve': retrieveAnthropicBatch,
  'anthropic.batches.delete': deleteAnthropicBatch,
  'anthropic.batches.cancel': cancelAnthropicBatch,
  'anthropic.batches.results': anthropicResults,
  'anthropic.models.list': listAnthropicModels,
  'anthropic.models.retrieve': retrieveAnthropicModel,
  'bedrock.batches.create': createBedrockJob,
  'bedrock.batches.list': listBedrockJobs,
  'bedrock.batches.retrieve': retrieveBedrockJob,
  'bedrock.batches.cancel': cancelBedrockJob,
  'bedrock.converse': converseCall,
  'bedrock.models.foundation': retrieveFoundationModel,
  'bedrock.models.profile': retrieveInferenceProfile,
  'gemini.files.create': uploadGeminiFile,
  'gemini.files.list': listGeminiFiles,
  'gemini.files.retrieve': retrieveGeminiFile,
  'gemini.files.delete': deleteGeminiFile,
  'gemini.files.content': geminiContent,
  'gemini.files.download': geminiContent,
  'gemini.batches.create': createGeminiBatch('generateContent'),
  'gemini.batches.embed': createGeminiBatch('embedContent'),
  'gemini.batches.list': listGeminiBatches,
  'gemini.batches.retrieve': retrieveGeminiBatch,
  'gemini.batches.cancel': cancelGeminiBatch,
  'gemini.batches.delete': deleteGeminiBatch,
  'gemini.generate': generateCall,
  'gemini.embed': embedCall,
  'gemini.models.list': listGeminiModels,
  'gemini.models.retrieve': retrieveGeminiModel,
  'vertex.batches.create': createVertexJob,
  'vertex.batches.list': listVertexJobs,
  'vertex.batches.retrieve': retrieveVertexJob,
  'vertex.batches.cancel': cancelVertexJob,
  'vertex.batches.delete': deleteVertexJob,
  'vertex.generate': vertexCall,
  'vertex.embed': vertexCall,
  'vertex.predict': vertexPredict,
  'vertex.claude': vertexCall,
  'vertex.models.google': retrieveVertexModel,
  'vertex.models.anthropic': retrieveVertexModel,
};
