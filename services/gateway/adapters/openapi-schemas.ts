import { z } from 'zod';
import {
  askTry,
  askTryMessage,
  consentsReply,
  dpa1Reply,
  proofReply,
  timelineReply,
  tryMessageReply,
  tryReply,
  worklistReply,
} from '#libs/contracts/ask.js';
import { caseReply } from '#libs/contracts/ask-case.js';
import { partiesReply, referenceReply } from '#libs/contracts/ask-around.js';
import { casesReply } from '#libs/contracts/ask-router.js';
import { clientViewReply } from '#libs/contracts/client-view.js';
import { fieldRules } from '#libs/contracts/field.js';
import { envelopeSchema, supportOnlyTerms } from '#libs/contracts/mesh-message.js';
import type { MessageRule } from '#libs/contracts/message-rule.js';
import { type StepOutcome, stepFollowUps, stepOutcomes } from '#libs/contracts/step-outcomes.js';
import { type StepName, stepNames } from '#libs/contracts/steps.js';
import { type MessageName, messageNames, ruleOf, typeOf } from '#libs/contracts/message-table.js';

/** A JSON Schema, draft 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = { [key: string]: unknown };
export type Schemas = Record<string, JsonSchema>;

/** What agencies send; the mesh's own messages do not come by here. */
const sentByAgencies = messageNames.filter((name) =>
  ruleOf(name).from.some((kind) => kind !== 'service'),
);

export const schemaRef = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** Every schema of the API, made from the schemas that validate, so that the description cannot differ from what is done. */
export function apiSchemas(): Schemas {
  const schemas: Schemas = {};
  for (const name of sentByAgencies) Object.assign(schemas, messageSchemas(name));
  schemas['Message'] = {
    description: 'One CloudEvent of a type that agencies send',
    oneOf: sentByAgencies.map(schemaRef),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        sentByAgencies.map((name) => [typeOf(name), `#/components/schemas/${name}`]),
      ),
    },
  };
  Object.assign(schemas, deliveredSchemas());
  const replies = {
    Timeline: timelineReply,
    Worklist: worklistReply,
    Case: caseReply,
    Consents: consentsReply,
    Dpa1: dpa1Reply,
    ClientView: clientViewReply,
    ConsentTrialResult: tryReply,
    MessageTrialResult: tryMessageReply,
    Cases: casesReply,
    Reference: referenceReply,
    Parties: partiesReply,
    Proof: proofReply,
  };
  for (const [name, reply] of Object.entries(replies))
    Object.assign(schemas, convert(name, reply, 'output'));
  Object.assign(schemas, convert('ConsentTrial', askTry, 'input'));
  Object.assign(schemas, convert('MessageTrial', askTryMessage, 'input'));
  return Object.assign(schemas, plainSchemas());
}

function messageSchemas(name: MessageName): Schemas {
  const rule = ruleOf(name);
  const form = convert(`${name}.form`, rule.form, 'input');
  markCategories(form, `${name}.form`, rule);
  const { MessageEnvelope: envelope = {} } = convert('MessageEnvelope', envelopeSchema, 'input');
  const { case: caseField, ...properties } = envelope['properties'] as Schemas;
  const needsActor = !rule.from.includes('service');
  const required = [
    ...(envelope['required'] as string[]),
    ...(needsActor ? ['actor'] : []),
    ...(rule.caseUse === 'none' ? [] : ['case']),
  ];
  const message = {
    ...envelope,
    title: rule.title,
    description: describe(name, rule),
    properties: {
      ...properties,
      ...(rule.caseUse === 'none' || caseField === undefined ? {} : { case: caseField }),
      type: { const: typeOf(name) },
      data: schemaRef(`${name}.form`),
    },
    required,
  };
  return { ...form, [name]: message };
}

/** Who to whom, and what for: the row of the table, in words. */
function describe(name: MessageName, rule: MessageRule): string {
  const purpose =
    rule.purpose === null ? 'no disclosure to another agency' : `purpose \`${rule.purpose}\``;
  const step =
    rule.protocolStep === 0 ? '' : ` Step ${rule.protocolStep} of the joint-working protocol.`;
  const cites =
    rule.cites === undefined ? '' : ` Answers the message that data.${rule.cites} names.`;
  return `From ${rule.from.join(', ')} to ${rule.to.join(', ')}; ${purpose}.${step}${cites}${name === 'step.done' ? ` ${outcomeWords()}` : ''}`;
}

/** The table of steps and outcomes, as whoever sends `step.done` has to know it. */
function outcomeWords(): string {
  const lines = stepNames.flatMap((step) =>
    stepOutcomes.map((outcome) => `- ${step}, ${outcome}: ${followUpWords(step, outcome)}`),
  );
  return `What follows:\n\n${lines.join('\n')}`;
}

function followUpWords(step: StepName, outcome: StepOutcome): string {
  const follows = stepFollowUps[step][outcome];
  switch (follows.kind) {
    case 'end':
      return `it ends (${follows.end})`;
    case 'step':
      return `you have the step ${follows.step} next`;
    case 'again':
      return 'you have it again, with a new date';
    case 'send':
      return `not by this message; send ${follows.types.join(' or ')}`;
    case 'only-done':
      return 'refused; it ends only when it is done';
  }
}

/** `x-category`: the category of information that the guard asks consent for, field by field. */
function markCategories(schemas: Schemas, name: string, rule: MessageRule): void {
  for (const { path, category } of fieldRules(rule.form)) {
    let at: JsonSchema | undefined = schemas[name];
    for (const part of path)
      at = resolve(schemas, (at?.['properties'] as Schemas | undefined)?.[part]);
    if (at !== undefined) at['x-category'] = category;
  }
}

function resolve(schemas: Schemas, schema: JsonSchema | undefined): JsonSchema | undefined {
  const ref = schema?.['$ref'];
  return typeof ref === 'string' ? schemas[ref.slice('#/components/schemas/'.length)] : schema;
}

/** What comes out of an inbox: the guard leaves out what consent does not cover, so no field of a form is certain but the envelope's. */
function deliveredSchemas(): Schemas {
  const { DeliveredMessage: envelope = {} } = convert(
    'DeliveredMessage',
    envelopeSchema.omit({ caseref: true }),
    'output',
  );
  const properties = {
    ...(envelope['properties'] as Schemas),
    data: {
      type: 'object',
      description: 'The form of the type, without what the client has not agreed to',
    },
    leftout: { const: true, description: 'Something was left out (what, is not said)' },
    terms: { type: 'string', description: `To job centres: "${supportOnlyTerms}"` },
  };
  return {
    DeliveredMessage: { ...envelope, properties },
    Inbox: {
      type: 'object',
      properties: {
        messages: { type: 'array', items: schemaRef('DeliveredMessage'), maxItems: 50 },
      },
      required: ['messages'],
    },
  };
}

function plainSchemas(): Schemas {
  return {
    Accepted: {
      type: 'object',
      properties: { id: { type: 'string', format: 'uuid' }, state: { const: 'accepted' } },
      required: ['id', 'state'],
    },
    Problem: {
      type: 'object',
      description: 'RFC 9457. `title` says what to do, `errors` names the fields',
      properties: {
        type: { type: 'string', description: 'urn:throughcare:problem:<code>' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string' },
        errors: {
          type: 'array',
          items: {
            type: 'object',
            properties: { field: { type: 'string' }, detail: { type: 'string' } },
            required: ['detail'],
          },
        },
        verdict: {
          ...schemaRef('Timeline'),
          description: 'Where the problem is the verdict on the message',
        },
      },
      required: ['type', 'title', 'status', 'detail'],
    },
  };
}

/** A zod schema as named schemas: itself, and those it refers to by an id of their own. */
function convert(name: string, schema: z.ZodType, io: 'input' | 'output'): Schemas {
  const text = JSON.stringify(
    z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }),
  );
  const moved = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema & {
    $defs?: Schemas;
  };
  const { $defs: definitions = {}, $schema: _schema, ...rest } = moved;
  // A schema with an id of its own comes as nothing but a reference to itself.
  const own = resolve(definitions, rest);
  const root = own ?? rest;
  for (const [key, definition] of Object.entries(definitions))
    if (definition === own) delete definitions[key];
  return Object.fromEntries(
    Object.entries({ ...definitions, [name]: root }).map(([key, { id: _id, ...named }]) => [
      key,
      named,
    ]),
  );
}
