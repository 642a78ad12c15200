import type { z } from 'zod';
import { type Address, readAddress } from './address.js';
import { dateProblem } from './date-rules.js';
import { fieldsAt, issueWords } from './issue-words.js';
import { type MeshEnvelope, envelopeSchema, partyOfSource } from './mesh-message.js';
import { uuidV7Time, uuidVersion } from './message-id.js';
import type { MessageRule } from './message-rule.js';
import { type MessageName, nameOfType, ruleOf } from './message-table.js';
import { isServiceParty } from './party.js';
import type { Problem } from './problem.js';
import { type FieldsAt, readJson } from './read-json.js';
import { readableNo } from './readable-no.js';
import { stepFollowUps } from './step-outcomes.js';
import { outcomeSaid } from './what-follows.js';

/** A message whose shape is right. Whether it may travel is for the guard to decide. */
export interface ReadMessage {
  readonly envelope: MeshEnvelope;
  readonly name: MessageName;
  readonly rule: MessageRule;
  readonly sender: string;
  readonly address: Address;
  /** Faults of a client's no, whose form holds what is sound of it: it is not to be lost for them. */
  readonly unclear?: readonly Problem[];
}

export type ReadResult =
  | { readonly ok: true; readonly message: ReadMessage }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Message ids of agencies are UUIDv7 no older than this and no further ahead than that. */
export interface IdAge {
  readonly maxAgeMs: number;
  readonly maxAheadMs: number;
}
const defaultIdAge: IdAge = { maxAgeMs: 7 * 24 * 3_600_000, maxAheadMs: 5 * 60_000 };

/** JSON text of a message → the message, or every problem found in it. Total: throws on nothing. Used by the gateway and again by the guard. */
export function readMessageText(
  text: string,
  nowMs: number,
  idAge: IdAge = defaultIdAge,
): ReadResult {
  const read = readJson(text, messageFieldsAt);
  return read.ok ? readMessage(read.json, nowMs, idAge) : fail(read.problem);
}

/** Of the envelope, and of the form that goes with the message's type. */
export const messageFieldsAt: FieldsAt = (path, json) => {
  if (path[0] !== 'data') return fieldsAt(envelopeSchema, path);
  const type = (json as { type?: unknown } | null)?.type;
  const name = typeof type === 'string' ? nameOfType(type) : undefined;
  return name === undefined ? [] : fieldsAt(ruleOf(name).form, path.slice(1));
};

export function readMessage(json: unknown, nowMs: number, idAge: IdAge = defaultIdAge): ReadResult {
  const parsed = envelopeSchema.safeParse(json);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, envelopeSchema, []) };
  const envelope = parsed.data;
  const sender = partyOfSource(envelope.source);
  const name = nameOfType(envelope.type);
  if (name === undefined)
    return fail({
      code: 'unknown-type',
      field: 'type',
      detail: 'type is not one this mesh carries, or not in that version',
    });
  const rule = ruleOf(name);
  const address = readAddress(envelope.to);
  if (typeof address === 'string')
    return fail({
      code: address,
      field: 'to',
      detail: 'to names no party, area or role that is known',
    });
  const form = rule.form.safeParse(envelope.data);
  if (!form.success) {
    const problems = problemsOf(form.error, rule.form, ['data']);
    const data = readableNo(name, envelope.data);
    const isSound =
      idProblem(envelope, sender, nowMs, idAge) === undefined &&
      envelopeProblem(envelope, sender, rule) === undefined;
    if (data === undefined || !isSound) return { ok: false, problems };
    envelope.data = data;
    return { ok: true, message: { envelope, name, rule, sender, address, unclear: problems } };
  }
  const problem =
    idProblem(envelope, sender, nowMs, idAge) ??
    envelopeProblem(envelope, sender, rule) ??
    outcomeProblem(name, form.data) ??
    dateProblem(name, form.data, nowMs);
  if (problem !== undefined) return fail(problem);
  envelope.data = form.data;
  return { ok: true, message: { envelope, name, rule, sender, address } };
}

function idProblem(
  envelope: MeshEnvelope,
  sender: string,
  nowMs: number,
  idAge: IdAge,
): Problem | undefined {
  const version = uuidVersion(envelope.id);
  if (version === 8 && (isServiceParty(sender) || sender === 'guard')) return undefined;
  if (version !== 7)
    return { code: 'malformed-message', field: 'id', detail: 'id must be a UUIDv7' };
  const madeAt = uuidV7Time(envelope.id);
  if (nowMs - madeAt > idAge.maxAgeMs)
    return {
      code: 'id-too-old',
      field: 'id',
      detail: `id was made too long ago by the clock of the mesh (${clockOf(nowMs)}); make a new id`,
    };
  if (madeAt - nowMs > idAge.maxAheadMs)
    return {
      code: 'id-in-future',
      field: 'id',
      detail: `id was made in the future by the clock of the mesh (${clockOf(nowMs)}); check yours`,
    };
  return undefined;
}

/** To the minute, so that a sender sees which clock is wrong. */
const clockOf = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 16)}Z`;

function envelopeProblem(
  envelope: MeshEnvelope,
  sender: string,
  rule: MessageRule,
): Problem | undefined {
  if (rule.caseUse !== 'none' && envelope.case === undefined)
    return { code: 'case-required', field: 'case', detail: 'case is required for this type' };
  if (rule.caseUse === 'none' && envelope.case !== undefined)
    return { code: 'malformed-message', field: 'case', detail: 'this type of message has no case' };
  if (!rule.from.includes('service') && envelope.actor === undefined)
    return {
      code: 'malformed-message',
      field: 'actor',
      detail: 'actor is required: the person who sends this',
    };
  if (rule.only !== undefined && rule.only !== sender)
    return {
      code: 'sender-not-allowed',
      field: 'type',
      detail: 'this type of message is not sent by your party',
    };
  return undefined;
}

/** What `step.done` may not say: the other side has to learn of it, so a message of its own says it. */
function outcomeProblem(
  name: MessageName,
  data: Readonly<Record<string, unknown>>,
): Problem | undefined {
  if (name !== 'step.done') return undefined;
  const said = outcomeSaid({ step: String(data['step']), outcome: String(data['outcome']) });
  const follows = said === undefined ? undefined : stepFollowUps[said.step][said.outcome];
  if (follows?.kind === 'send')
    return {
      code: 'malformed-message',
      field: 'data.outcome',
      detail: `this step does not end so; send ${follows.types.join(' or ')} instead`,
    };
  if (follows?.kind === 'only-done')
    return {
      code: 'malformed-message',
      field: 'data.outcome',
      detail: 'this step ends only when it is done',
    };
  return undefined;
}

const fail = (problem: Problem): ReadResult => ({ ok: false, problems: [problem] });

/** Which field and what was expected, never the value; a part of the path that is the sender's text is left out. */
function problemsOf(error: z.ZodError, schema: z.ZodType, prefix: readonly string[]): Problem[] {
  return error.issues.slice(0, 20).map((issue) => {
    const path = [...prefix, ...issue.path.map(String)];
    const field = path.filter((part) => /^[A-Za-z0-9_-]{1,40}$/.test(part)).join('.');
    const detail = `${field === '' ? 'the message' : field} ${issueWords(issue, schema)}`;
    return { code: 'malformed-message', ...(field === '' ? {} : { field }), detail };
  });
}
