import { hash } from 'node:crypto';
import type { ClientIdentity } from '#libs/contracts/form-fields.js';
import { effectId, isOwnEffectId, uuidVersion } from '#libs/contracts/message-id.js';
import { isServiceParty } from '#libs/contracts/party.js';
import { type IdAge, type ReadMessage, readMessageText } from '#libs/contracts/read-message.js';
import { partyOfIngressSubject, senderOfIngressSubject } from '#libs/contracts/subjects.js';
import type { Incoming } from '../domain/incoming.js';
import type { DeadLetter } from './decided-message.js';
import type { GuardKeys } from './guard-keys.js';

/** A message as the broker stored it. */
export interface RawMessage {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** `stamp`: of the keys when it was read; after a change of keys the identity is derived again. */
export type Intake =
  | { readonly ok: true; readonly incoming: Incoming; readonly stamp?: number }
  | { readonly ok: false; readonly dead: DeadLetter };

export interface Reading {
  readonly keys: GuardKeys;
  readonly nowMs: number;
  readonly idAge: IdAge;
}

/** Bytes off the road → a message with its sender and keyed hashes, or a dead letter with its reason. Throws on nothing. */
export function readIngress(raw: RawMessage, reading: Reading): Intake {
  const digest = hash('sha256', raw.data, 'hex');
  const sender = senderOfIngressSubject(raw.subject);
  // Derived, so that the same poison seen twice is one dead letter.
  const about = () => ({
    id: effectId(digest, 'dead-letter', raw.subject),
    party: partyOfIngressSubject(raw.subject) ?? 'unknown',
    body: raw.data,
  });
  if (sender === undefined)
    return {
      ok: false,
      dead: {
        ...about(),
        message: undefined,
        code: 'malformed-message',
        field: 'subject',
        detail: 'the subject is not one that a party sends on',
      },
    };
  const read = readMessageText(textOf(raw.data), reading.nowMs, reading.idAge);
  if (!read.ok) {
    const [problem] = read.problems;
    const dead = {
      ...about(),
      message: idIn(raw.data),
      code: problem?.code ?? 'malformed-message',
      field: problem?.field,
      detail: problem?.detail ?? 'unreadable',
    };
    return { ok: false, dead };
  }
  // Judged by the broker's word for the sender, not by what the message says of itself: a record would use up the id.
  const { id } = read.message.envelope;
  if (uuidVersion(id) === 8 && !(isServiceParty(sender) && isOwnEffectId(sender, id))) {
    const detail = 'id must be a UUIDv7; only the services of the mesh derive ids, each its own';
    return {
      ok: false,
      dead: { ...about(), message: id, code: 'malformed-message', field: 'id', detail },
    };
  }
  return {
    ok: true,
    incoming: toIncoming(read.message, { sender, digest }, reading.keys),
    stamp: reading.keys.stamp,
  };
}

/** Whom it shows is hashed as far as somebody asks: where a case is opened, all of it, whoever it is. */
export function toIncoming(
  read: ReadMessage,
  origin: Pick<Incoming, 'sender' | 'digest'>,
  keys: GuardKeys,
): Incoming {
  const identity =
    read.rule.caseUse === 'none'
      ? undefined
      : (read.envelope.data['client'] as ClientIdentity | undefined);
  if (identity === undefined)
    return { read, ...origin, prints: undefined, derivedClient: undefined };
  const [prints, ...earlierPrints] = keys.allPrints(identity);
  const caseId = read.envelope.case;
  let derived: string | undefined;
  return {
    read,
    ...origin,
    prints,
    ...(earlierPrints.length === 0 ? {} : { earlierPrints }),
    get derivedClient(): string | undefined {
      if (caseId !== undefined) derived ??= keys.deriveClient(prints, caseId);
      return derived;
    },
  };
}

const textOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');

/** The id a broken message claims, if it is a UUID: so that its sender can be told. */
function idIn(data: Uint8Array): string | undefined {
  try {
    const { id } = JSON.parse(textOf(data)) as { id?: unknown };
    return typeof id === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
      ? id
      : undefined;
  } catch {
    return undefined;
  }
}
