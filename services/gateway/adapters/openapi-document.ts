import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import type { KnownRoutes } from '../domain/known-routes.js';
import type { MessageExample } from './openapi-examples.js';
import { type JsonSchema, type Schemas, apiSchemas, schemaRef } from './openapi-schemas.js';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema & { title: string; version: string };
  readonly security: JsonSchema[];
  readonly paths: Record<string, Record<string, JsonSchema>>;
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
      ...consentTrialPath(),
      ...openPaths(),
    },
    components: {
      schemas: apiSchemas(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token that your party was given',
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

function messagePaths(): OpenApiDocument['paths'] {
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

function inboxPaths(): OpenApiDocument['paths'] {
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

function casePaths(): OpenApiDocument['paths'] {
  const parameters = [inPath('case', 'Id of the case')];
  return {
    '/v1/worklist': {
      get: {
        operationId: 'readWorklist',
        summary: 'Your open steps: who holds what, since when, until when',
        responses: { 200: json('Open steps', 'Worklist'), ...problems(...askProblems) },
      },
    },
    '/v1/cases/{case}': {
      get: {
        operationId: 'readCase',
        summary: 'Your own part of a case',
        parameters,
        responses: {
          200: json('Messages, steps, reminders and mails', 'Case'),
          ...problems('not-found', ...askProblems),
        },
      },
    },
    '/v1/cases/{case}/consents': {
      get: {
        operationId: 'readConsents',
        summary: 'Consents that concern your agency',
        parameters,
        responses: {
          200: json('Their state and lineage', 'Consents'),
          ...problems('not-found', 'case-not-yours', ...askProblems),
        },
      },
    },
    '/v1/cases/{case}/dpa1': {
      get: {
        operationId: 'readDpa1',
        summary: 'May your job centre keep this client’s problem on its record today (DPA1)?',
        parameters,
        responses: {
          200: json('Whether it is current, and until which day', 'Dpa1'),
          ...problems('not-found', 'case-not-yours', ...askProblems),
        },
      },
    },
    '/v1/cases/{case}/client-view': {
      get: {
        operationId: 'readClientView',
        summary: 'Who was told what kind of thing about this client: your agency’s own part',
        description:
          'What your agency sent or got, what was blocked, and the consents that concern it. The whole is for the client alone.',
        parameters: [...parameters, inQuery('page', 'Page, from 0', 0, 10_000)],
        responses: {
          200: json('One page', 'ClientView'),
          ...problems('not-found', 'case-not-yours', ...askProblems),
        },
      },
    },
  };
}

function consentTrialPath(): OpenApiDocument['paths'] {
  return {
    '/v1/consents/try': {
      post: {
        operationId: 'tryConsent',
        summary: 'What would go out under a consent, before it is signed',
        description:
          'Says field by field what would pass to whom and what would be left out. Nothing is recorded, and no client is named.',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schemaRef('ConsentTrial') } },
        },
        responses: {
          200: json('What would pass, for each type of message', 'ConsentTrialResult'),
          ...problems(
            'malformed-json',
            'malformed-message',
            'consent-not-yours-to-take',
            'unsupported-media-type',
            ...askProblems,
          ),
        },
      },
    },
  };
}

function openPaths(): OpenApiDocument['paths'] {
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

const askProblems = ['answer-timeout', 'broker-unavailable'] as const;

/** Every route under /v1 may also answer 401 and 429. Codes of one status stand in one response. */
function problems(...codes: readonly MeshErrorCode[]): JsonSchema {
  const lines = new Map<number, string[]>();
  for (const code of ['unauthenticated', ...codes, 'too-many-requests'] as const) {
    const { http, title } = errorRules[code];
    lines.set(http, [...(lines.get(http) ?? []), `\`${code}\`: ${title}`]);
  }
  const content = { 'application/problem+json': { schema: schemaRef('Problem') } };
  return Object.fromEntries(
    [...lines].map(([status, each]) => [status, { description: each.join(' · '), content }]),
  );
}

const json = (description: string, schema: string): JsonSchema => ({
  description,
  content: { 'application/json': { schema: schemaRef(schema) } },
});

const inPath = (name: string, description: string): JsonSchema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', format: 'uuid' },
});

function inQuery(name: string, description: string, minimum: number, maximum: number): JsonSchema {
  return {
    name,
    in: 'query',
    required: false,
    description,
    schema: { type: 'integer', minimum, maximum },
  };
}
