import { areaRoles } from '#libs/contracts/address.js';
import { partyKinds } from '#libs/contracts/party.js';
import {
  type Paths,
  askProblems,
  inPath,
  inQuery,
  json,
  problems,
  wordInQuery,
} from './openapi-parts.js';
import { schemaRef } from './openapi-schemas.js';

export function casePaths(): Paths {
  const parameters = [inPath('case', 'Id of the case')];
  return {
    '/v1/worklist': {
      get: {
        operationId: 'readWorklist',
        summary: 'Your open steps, and what you wait for: who holds what, since when, until when',
        parameters: [wordInQuery('person', 'Only the steps of this person of your party')],
        responses: {
          200: json('Open steps', 'Worklist'),
          ...problems('malformed-request', ...askProblems),
        },
      },
    },
    '/v1/cases': {
      get: {
        operationId: 'readCases',
        summary: 'Your cases, newest first: where each stands, who must act next',
        parameters: [
          wordInQuery(
            'person',
            'Only those in which this person of yours must act, or holds the case',
          ),
          wordInQuery('before', 'The last case of the page before', {
            type: 'string',
            format: 'uuid',
          }),
        ],
        responses: {
          200: json('One page', 'Cases'),
          ...problems('malformed-request', 'not-found', ...askProblems),
        },
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
  };
}

/** What a party may ask about one of its cases. */
export function caseQuestionPaths(): Paths {
  const parameters = [inPath('case', 'Id of the case')];
  return {
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
    '/v1/cases/{case}/next-providers': {
      get: {
        operationId: 'readNextProviders',
        summary: 'Whom you may refer the client to next, under the consent that stands',
        description:
          'Less those that declined in this case. Nobody where the client asked for the last decline: ask the client.',
        parameters,
        responses: {
          200: json('Providers, perhaps none', 'Parties'),
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

export function consentTrialPath(): Paths {
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

/** Whom a party may write to. */
export function partyPaths(): Paths {
  return {
    '/v1/parties': {
      get: {
        operationId: 'readParties',
        summary: 'The parties that you may write to',
        parameters: [
          wordInQuery('district', 'Only those that serve this district, as west-yorkshire'),
          wordInQuery('role', 'Only those that serve in this role', { enum: areaRoles }),
          wordInQuery('kind', 'Only those of this kind', {
            enum: partyKinds.filter((kind) => kind !== 'service'),
          }),
        ],
        responses: {
          200: json('Active parties, by name', 'Parties'),
          ...problems('malformed-request', ...askProblems),
        },
      },
    },
  };
}

/** What would become of a message, before it is sent. */
export function messageTrialPath(): Paths {
  return {
    '/v1/messages/try': {
      post: {
        operationId: 'tryMessage',
        summary: 'What the guard would decide of a message today',
        description:
          'Field by field what would go and what would be left out. Nothing is delivered. Every no looks alike; that you asked is recorded.',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schemaRef('MessageTrial') } },
        },
        responses: {
          200: json('What would go', 'MessageTrialResult'),
          ...problems(
            'malformed-json',
            'malformed-message',
            'case-not-yours',
            'unsupported-media-type',
            ...askProblems,
          ),
        },
      },
    },
  };
}

/** A case found by what somebody says on the telephone. */
export function referencePath(): Paths {
  return {
    '/v1/references/{reference}': {
      get: {
        operationId: 'resolveReference',
        summary: 'The case of yours behind a short reference',
        parameters: [
          {
            name: 'reference',
            in: 'path',
            required: true,
            description:
              'As it stands in mails and worklists: 8 letters and digits, a hyphen or not',
            schema: { type: 'string', maxLength: 20 },
          },
        ],
        responses: {
          200: json('The case', 'Reference'),
          ...problems('malformed-message', 'not-found', ...askProblems),
        },
      },
    },
  };
}
