import type { KnownRoutes } from '../domain/known-routes.js';
import {
  caseQuestionPaths,
  casePaths,
  consentTrialPath,
  messageTrialPath,
  partyPaths,
  referencePath,
} from './openapi-case-paths.js';
import type { MessageExample } from './openapi-examples.js';
import { type Paths, askProblems, inPath, inQuery, json, problems } from './openapi-parts.js';
import { type JsonSchema, type Schemas, apiSchemas, schemaRef } from './openapi-schemas.js';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema & { title: string; version: string };
  readonly security: JsonSchema[];
  readonly paths: Paths;
  readonly components: { schemas: Schemas; securitySchemes: Schemas };
}

const messageMediaType = 'application/cloudevents+json';

/** The description of the API, made at start. */
export function openApiDocument(): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Throughcare',
      version: '1',
      description:
        'Messages between job centres and drug-treatment providers, each with the recorded consent of the client. ' +
        'Send again with the same id and body whenever an answer is missing: a message is taken once. ' +
        'To try it on a mesh of one machine: authorize with a token of `var/secrets/tokens.json`, and send the examples in their order, ' +
        'each with the token of the party that it names. They are made anew whenever this page is loaded.',
    },
    security: [{ token: [] }],
    paths: {
      ...messagePaths(),
      ...inboxPaths(),
      ...casePaths(),
      ...caseQuestionPaths(),
      ...referencePath(),
      ...proofPath(),
      ...partyPaths(),
      ...messageTrialPath(),
      ...consentTrialPath(),
      ...openPaths(),
    },
    components: {
      schemas: apiSchemas(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The token that your party was given, or an access token (RFC 9068) of a client that is registered for it',
        },
      },
    },
  };
}

/** The same with examples of messages, under new ids: for one reader. */
export function withExamples(
  document: OpenApiDocument,
  examples: Readonly<Record<string, MessageExample>>,
): OpenApiDocument {
  const path = document.paths['/v1/messages'];
  const post = path?.['post'];
  if (path === undefined || post === undefined) return document;
  const content = { [messageMediaType]: { schema: schemaRef('Message'), examples } };
  const requestBody = { required: true, content };
  return {
    ...document,
    paths: { ...document.paths, '/v1/messages': { ...path, post: { ...post, requestBody } } },
  };
}

/** The addresses and methods, for telling 405 from 404. */
export const knownRoutes = (document: OpenApiDocument): KnownRoutes => ({
  ...document.paths,
  '/docs': { get: {} },
  '/openapi.json': { get: {} },
});

function messagePaths(): Paths {
  return {
    '/v1/messages': {
      post: {
        operationId: 'sendMessage',
        summary: 'Send one message',
        description:
          'Accepted: the mesh has it and will decide. With `Prefer: wait=N` (RFC 7240) the verdict, if it falls within N seconds.',
        parameters: [
          {
            name: 'Prefer',
            in: 'header',
            description: '`wait=N`: wait up to N seconds (at most 30) for the verdict',
            schema: { type: 'string' },
            example: 'wait=10',
          },
        ],
        requestBody: {
          required: true,
          content: { [messageMediaType]: { schema: schemaRef('Message') } },
        },
        responses: {
          200: json('The verdict', 'Timeline'),
          202: json('Accepted; not decided yet, or not asked', 'Accepted'),
          ...problems(
            ...([
              'malformed-json',
              'source-not-sender',
              'id-reused',
              'payload-too-large',
              'unsupported-media-type',
            ] as const),
            ...([
              'malformed-message',
              'no-consent-on-record',
              'broker-unavailable',
              'mailbox-full',
            ] as const),
          ),
        },
      },
    },
    '/v1/messages/{id}': {
      get: {
        operationId: 'readTimeline',
        summary: 'What became of a message of your own',
        parameters: [inPath('id', 'Id of the message')],
        responses: {
          200: json('Its timeline', 'Timeline'),
          ...problems('not-found', ...askProblems),
        },
      },
    },
  };
}

function inboxPaths(): Paths {
  return {
    '/v1/inbox': {
      get: {
        operationId: 'takeFromInbox',
        summary: 'Take what was delivered to you, oldest first',
        description:
          'Each message is yours for 60 seconds; one that is not acknowledged comes again. Expect repeats: know messages by id.',
        parameters: [
          inQuery('wait', 'Seconds to wait for a message', 0, 30),
          inQuery('max', 'At most so many, 10 unless said', 1, 50),
        ],
        responses: {
          200: json('Messages, perhaps none', 'Inbox'),
          ...problems('malformed-request', 'broker-unavailable'),
        },
      },
    },
    '/v1/inbox/{id}/ack': {
      post: {
        operationId: 'acknowledge',
        summary: 'Acknowledge a message that you have kept',
        parameters: [inPath('id', 'Id of the message')],
        responses: {
          204: { description: 'Acknowledged' },
          ...problems('not-in-hand', 'broker-unavailable'),
        },
      },
    },
  };
}

function openPaths(): Paths {
  const get = (summary: string, responses: JsonSchema): Record<string, JsonSchema> => ({
    get: { summary, security: [], responses },
  });
  return {
    '/health/live': get('The process turns', { 200: { description: 'Live' } }),
    '/health/ready': get('Every party is connected', {
      200: { description: 'Ready' },
      503: { description: 'Not ready, and who is not connected' },
    }),
    '/metrics': get('Prometheus text', { 200: { description: 'Metrics' } }),
  };
}

function proofPath(): Paths {
  return {
    '/v1/messages/{id}/proof': {
      get: {
        operationId: 'readProof',
        summary: 'That the decision about a message of your own stands in the signed record',
        description:
          'The entry, its place, the hashes that lead from it to the root, and the signed checkpoint (RFC 6962, C2SP).',
        parameters: [
          inPath('id', 'Id of the message'),
          inQuery('ordinal', 'Which decision about it, 0 unless said', 0, 9),
        ],
        responses: {
          200: json('The proof', 'Proof'),
          ...problems('malformed-request', 'not-found', ...askProblems),
        },
      },
    },
  };
}
