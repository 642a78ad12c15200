import { effectId } from '#libs/contracts/message-id.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { decide } from '../domain/decide.js';
import type { Effect } from '../domain/effect.js';
import type { GuardRecord } from '../domain/guard-record.js';
import type { Incoming } from '../domain/incoming.js';
import type { World } from '../domain/world.js';
import type { DeadLetter, DecidedMessage } from './decided-message.js';
import type { Delivery } from './delivery-rows.js';
import { isAnnounced } from './event-rows.js';
import type { Intake } from './read-ingress.js';
import type { StoredRecord } from './record-rows.js';

type DeliverEffect = Extract<Effect, { kind: 'deliver' }>;
export type WithdrawEffect = Extract<Effect, { kind: 'withdraw' }>;

/** Everything a batch comes to, before any of it is true. */
export interface JudgedBatch {
  readonly decided: DecidedMessage[];
  readonly dead: DeadLetter[];
  readonly deliveries: Delivery[];
  readonly events: {
    readonly record: GuardRecord;
    readonly directory?: PartyPut | PersonPut;
  }[];
  readonly withdrawals: WithdrawEffect[];
  readonly releases: string[];
  readonly redrives: Redrive[];
}

/** A dead letter to be sent again. `isRepeat`: the same order was read before, and may have been carried out. */
export interface Redrive {
  readonly deadLetter: string;
  readonly isRepeat: boolean;
}

export const nothingJudged = (): JudgedBatch => ({
  decided: [],
  dead: [],
  deliveries: [],
  events: [],
  withdrawals: [],
  releases: [],
  redrives: [],
});

export interface Grounds {
  readonly world: World;
  /** Newest record of each message of the batch that was decided before. */
  readonly prior: ReadonlyMap<string, StoredRecord>;
  readonly nowMs: number;
}

/**
 * Judges the messages of one sender in their order; each sees what those before it changed. A message decided before is not decided anew: its
 * record stands, and with it all that it did.
 */
export function judgeBatch(intakes: readonly Intake[], grounds: Grounds): JudgedBatch {
  const judged = nothingJudged();
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
    if (before === undefined) {
      judgeNew(incoming, grounds, judged);
      digests.set(id, digest);
    } else if (before !== digest) judged.dead.push(reusedId(incoming));
    else if (grounds.prior.get(id)?.name === 'deadletter.redrive')
      judged.redrives.push({
        deadLetter: String(incoming.read.envelope.data['deadLetter']),
        isRepeat: true,
      });
  }
  return judged;
}

function judgeNew(incoming: Incoming, { world, nowMs }: Grounds, judged: JudgedBatch): void {
  const decision = decide(incoming, world, nowMs);
  for (const effect of decision.effects) world.apply(effect);
  const records = [decision.record, ...decision.others];
  for (const record of records) world.putRecord(record);
  judged.decided.push({ records, effects: decision.effects });
  takeEffects(decision.effects, records, judged);
  for (const record of records)
    if (isAnnounced(record.name)) judged.events.push({ record, ...directoryOf(incoming) });
}

/** What of the directory is told whole: ids of parties and staff, nothing of a client. */
const directoryOf = ({ read }: Incoming): { directory?: PartyPut | PersonPut } =>
  read.rule.onEventsWhole === true ? { directory: read.envelope.data as PartyPut | PersonPut } : {};

function takeEffects(
  effects: readonly Effect[],
  records: readonly GuardRecord[],
  judged: JudgedBatch,
): void {
  for (const effect of effects) {
    if (effect.kind === 'deliver') judged.deliveries.push(deliveryOf(effect, records));
    else if (effect.kind === 'withdraw') judged.withdrawals.push(effect);
    else if (effect.kind === 'release') judged.releases.push(effect.id);
    else if (effect.kind === 'redrive')
      judged.redrives.push({ deadLetter: effect.deadLetter, isRepeat: false });
    else if (effect.kind === 'report-dead') judged.dead.push(reportedDead(effect.report, records));
  }
}

const deliveryOf = (
  { kind: _kind, ...delivery }: DeliverEffect,
  records: readonly GuardRecord[],
): Delivery => ({
  ...delivery,
  client: recordWith(delivery.id, records)?.client ?? records[0]?.client,
});

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
