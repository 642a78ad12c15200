import { effectId } from '#libs/contracts/message-id.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { StopReason } from '#libs/contracts/verdict.js';
import { decide } from '../domain/decide.js';
import type { Effect } from '../domain/effect.js';
import {
  type GuardRecord,
  isCleared,
  reasonOf,
  rootOf,
  stopRecord,
} from '../domain/guard-record.js';
import type { Incoming } from '../domain/incoming.js';
import { instructionWith, stopUsingMessage } from '../domain/stop-using.js';
import type { World } from '../domain/world.js';
import { routedBy } from './batch-mentions.js';
import type { DeadLetter, DecidedMessage } from './batch.store.js';
import type { Intake } from './read-ingress.js';
import type { StoredRecord } from './record-rows.js';

type DeliverEffect = Extract<Effect, { kind: 'deliver' }>;
export type WithdrawEffect = Extract<Effect, { kind: 'withdraw' }>;

export interface Delivery extends Omit<DeliverEffect, 'kind'> {
  readonly client: string | undefined;
  /** Where it comes again. */
  readonly decidedAt?: Date;
}

/** Nobody wrote down whether it was delivered: it must be ruled out that it still comes, before anything is said of it. */
export interface Doubt {
  readonly record: StoredRecord;
  readonly recipient: string;
  /** The client's own message that it rests on. */
  readonly root: string;
  /** What it is if its recipient has it. */
  readonly otherwise: 'collected' | 'pulled';
}

/**
 * What is on record of a delivery. Taken back too late: `collected` where the recipient has no right to it any more, `pulled` where it had it
 * before the consent was limited, and keeps it.
 */
export type DeliveryState = 'sent' | 'stopped' | 'collected' | 'pulled';

/** Everything a batch comes to, before any of it is true. */
export interface JudgedBatch {
  readonly decided: DecidedMessage[];
  readonly dead: DeadLetter[];
  readonly deliveries: Delivery[];
  readonly events: {
    readonly record: GuardRecord;
    readonly stored?: StoredRecord;
    readonly directory?: PartyPut | PersonPut;
  }[];
  readonly withdrawals: WithdrawEffect[];
  /** Cleared before, perhaps delivered, and not to be delivered any more. Where there are any, none of the batch is to be written. */
  readonly doubts: Doubt[];
  readonly releases: string[];
  readonly redrives: string[];
}

export interface Grounds {
  readonly world: World;
  readonly prior: ReadonlyMap<string, StoredRecord>;
  /** As the ground has it. */
  readonly waited: ReadonlyMap<string, StoredRecord>;
  /** Messages decided before whose delivery is on record, and how it stands. */
  readonly delivered: ReadonlyMap<string, DeliveryState>;
  readonly nowMs: number;
}

/** The mesh's own errands need no follower: events of these would only be noise on EVENTS. */
const unannounced: ReadonlySet<MessageName> = new Set([
  'notice.requested',
  'notice.stop',
  'people.mailbox-put',
  'route.answered',
  'deadletter.redrive',
  'deadletter.reported',
  'client-view.requested',
  'client-view.approved',
  'client-view.released',
]);

/**
 * Judges the messages of one sender in their order; each sees what those before it changed. A message decided before is not decided anew:
 * its record stands, and what was not yet delivered is delivered now, where it goes as it would have gone then. Where the consent has gone or
 * changed meanwhile it is a doubt first, and once it is settled that nobody was given it, stopped by a second record: what was told is what is on
 * record.
 */
export function judgeBatch(intakes: readonly Intake[], grounds: Grounds): JudgedBatch {
  const judged: JudgedBatch = {
    decided: [],
    dead: [],
    deliveries: [],
    events: [],
    withdrawals: [],
    doubts: [],
    releases: [],
    redrives: [],
  };
  const digests = new Map([...grounds.prior].map(([id, record]) => [id, record.digest]));
  for (const intake of intakes) {
    if (!intake.ok) {
      judged.dead.push(intake.dead);
      continue;
    }
    const { incoming } = intake;
    const { digest } = incoming;
    const id = incoming.read.envelope.id;
    const before = digests.get(id);
    if (before !== undefined && before !== digest) judged.dead.push(reusedId(incoming));
    else if (before === undefined) judgeNew(incoming, grounds, judged);
    else judgeAgain(incoming, grounds, judged);
    if (before === undefined) digests.set(id, digest);
  }
  return judged;
}

function judgeNew(incoming: Incoming, { world, nowMs }: Grounds, judged: JudgedBatch): void {
  const decision = decide(incoming, world, nowMs);
  for (const effect of decision.effects) world.apply(effect);
  const records = [decision.record, ...decision.others];
  for (const record of records) world.putRecord(record);
  judged.decided.push({ records, effects: decision.effects });
  takeEffects(decision.effects, { records }, judged);
  for (const record of records)
    if (!unannounced.has(record.name)) judged.events.push({ record, ...directoryOf(incoming) });
}

function judgeAgain(incoming: Incoming, grounds: Grounds, judged: JudgedBatch): void {
  const { world, prior, waited, delivered, nowMs } = grounds;
  const stored = prior.get(incoming.read.envelope.id);
  // The same message twice in one batch: the first of them is judged.
  if (stored === undefined) return;
  const announce = (): void => {
    if (!unannounced.has(stored.name))
      judged.events.push({ record: stored, stored, ...directoryOf(incoming) });
  };
  judgeOwnAgain(stored, grounds, judged);
  const state = delivered.get(stored.id);
  // What waited and was cleared by its route is seen to with the route, which comes again too; judged by itself it would only wait.
  if (!isCleared(stored) || stored.ordinal > 0 || (state !== undefined && state !== 'stopped'))
    return announce();
  const routed = waited.get(routedBy(incoming) ?? '');
  if (routed !== undefined) return judgeRoutedAgain(incoming, routed, grounds, judged);
  const decision = decide(incoming, world, nowMs);
  if (state === 'stopped') return stopAgain(stored, decision.record, { world, judged });
  if (goesAs(stored, decision.record)) {
    takeEffects(
      decision.effects,
      { records: [stored, ...decision.others], decidedAt: stored.recordedAt },
      judged,
    );
    return announce();
  }
  if (stored.recipient === undefined) return announce();
  judged.doubts.push(
    doubtOf(stored, stored.recipient, { root: rootOf(stored, world.record), now: decision.record }),
  );
}

/** The guard's own instruction, recorded with a message that comes again: delivered and announced with it, whatever became of either. */
function judgeOwnAgain(
  { id, name, caseId }: StoredRecord,
  { prior, delivered }: Grounds,
  judged: JudgedBatch,
): void {
  const own = prior.get(instructionWith(id, name, caseId) ?? '');
  if (own === undefined) return;
  if (!delivered.has(own.id))
    judged.deliveries.push({
      id: own.id,
      recipient: own.to,
      message: stopUsingMessage(own),
      client: own.client,
      decidedAt: own.recordedAt,
    });
  judged.events.push({ record: own, stored: own });
}

/** Decided now as it was then, so that the same goes to the same party: whole, or in part under the same consents. */
function goesAs(then: GuardRecord, now: GuardRecord): boolean {
  if (!isCleared(now)) return false;
  if (then.recipient === undefined) return true;
  const isSame = now.recipient === then.recipient && now.verdict.kind === then.verdict.kind;
  return (
    isSame && (now.verdict.kind === 'cleared' || listed(now.consents) === listed(then.consents))
  );
}

const listed = (ids: readonly string[]): string => ids.toSorted().join();

const doubtOf = (
  record: StoredRecord,
  recipient: string,
  { root, now }: { readonly root: string; readonly now: GuardRecord },
): Doubt => ({
  record,
  recipient,
  root,
  otherwise: isCleared(now) ? 'pulled' : 'collected',
});

/**
 * A route that comes again: what it did is on the record of the message that waited. Cleared and not delivered yet, that is delivered now, to
 * the party on record; where it may not go there any more, it is a doubt like any other.
 */
function judgeRoutedAgain(
  incoming: Incoming,
  record: StoredRecord,
  { world, delivered, nowMs }: Grounds,
  judged: JudgedBatch,
): void {
  // It waits still: not for this route to end.
  if (record.verdict.kind === 'waiting') return;
  const state = delivered.get(record.id);
  const decision = decide(incoming, world, nowMs);
  const effects = decision.effects.filter((effect) => effect.kind !== 'release');
  const now = decision.others[0] ?? decision.record;
  const mayGo =
    goesAs(record, now) &&
    effects.some((effect) => effect.kind === 'deliver' && effect.id === record.id);
  if (isCleared(record) && record.recipient !== undefined && state === undefined) {
    if (!mayGo) {
      judged.doubts.push(doubtOf(record, record.recipient, { root: record.id, now }));
      return;
    }
    takeEffects(effects, { records: [record], decidedAt: record.recordedAt }, judged);
  }
  judged.releases.push(record.id);
  if (isCleared(record) && state === 'stopped') stopAgain(record, now, { world, judged });
  else judged.events.push({ record, stored: record });
}

/** What the sender is told of it: never that somebody withdrew, as that may have been elsewhere. */
function stopReasonOf({ inner, verdict }: GuardRecord): StopReason {
  if (isCleared({ verdict })) return 'consent-changed';
  // A no on a later form is a withdrawal too.
  if (inner === 'withdrawn' || inner === 'refused') return 'withdrawn-elsewhere';
  return reasonOf(verdict) === 'no-consent-on-record' ? 'no-consent-on-record' : 'unroutable';
}

function stopAgain(
  stored: StoredRecord,
  now: GuardRecord,
  { world, judged }: { readonly world: World; readonly judged: JudgedBatch },
): void {
  const stopped = { ...stopRecord(stored, stopReasonOf(now)), inner: now.inner };
  world.putRecord(stopped);
  judged.decided.push({ records: [stopped], effects: [] });
  judged.events.push({ record: stopped });
}

/** What of the directory goes on EVENTS whole: ids of parties and staff, nothing of a client. */
const directoryOf = ({ read }: Incoming): { directory?: PartyPut | PersonPut } =>
  read.rule.onEventsWhole === true ? { directory: read.envelope.data as PartyPut | PersonPut } : {};

interface Decided {
  readonly records: readonly GuardRecord[];
  /** Where they were written before. */
  readonly decidedAt?: Date;
}

function takeEffects(
  effects: readonly Effect[],
  { records, decidedAt }: Decided,
  judged: JudgedBatch,
): void {
  for (const effect of effects) {
    if (effect.kind === 'deliver') judged.deliveries.push(deliveryOf(effect, records, decidedAt));
    else if (effect.kind === 'withdraw') judged.withdrawals.push(effect);
    else if (effect.kind === 'release') judged.releases.push(effect.id);
    else if (effect.kind === 'redrive') judged.redrives.push(effect.deadLetter);
    else if (effect.kind === 'report-dead') judged.dead.push(reportedDead(effect.report, records));
  }
}

function deliveryOf(
  { id, recipient, message, root, told, withheld }: DeliverEffect,
  records: readonly GuardRecord[],
  decidedAt: Date | undefined,
): Delivery {
  return {
    id,
    recipient,
    message,
    client: recordWith(id, records)?.client ?? records[0]?.client,
    ...(root === undefined ? {} : { root }),
    ...(told === undefined ? {} : { told }),
    ...(withheld === undefined ? {} : { withheld }),
    ...(decidedAt === undefined ? {} : { decidedAt }),
  };
}

function recordWith(id: string, records: readonly GuardRecord[]): GuardRecord | undefined {
  for (const record of records) if (record.id === id) return record;
  return undefined;
}

function reportedDead(
  report: Extract<Effect, { kind: 'report-dead' }>['report'],
  records: readonly GuardRecord[],
): DeadLetter {
  const [record] = records;
  return {
    id: effectId(record?.id ?? '', 'dead-letter'),
    party: record?.sender ?? 'unknown',
    message: report.message,
    code: report.code,
    field: report.stream,
    detail: `not worked after ${report.deliveries} deliveries`,
    body: undefined,
  };
}

function reusedId(incoming: Incoming): DeadLetter {
  return {
    id: effectId(incoming.digest, 'dead-letter', incoming.sender),
    party: incoming.sender,
    message: incoming.read.envelope.id,
    code: 'id-reused',
    field: 'id',
    detail: 'this id was used before for another message; make a new id',
    body: Buffer.from(JSON.stringify(incoming.read.envelope)),
  };
}
