import type { PoolClient } from 'pg';
import type { Clock } from '#libs/clock/clock.js';
import { effectId, ownDigest } from '#libs/contracts/message-id.js';
import { type DeliveredMessage, guardSource } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Effect } from '../domain/effect.js';
import { type GuardRecord, stopRecord } from '../domain/guard-record.js';
import { keptUnder, takenBack } from '../domain/record-keepers.js';
import type { Line } from '../domain/rests-on-lines.js';
import { stopReasonFor } from '../domain/stop-reason.js';
import { stopUsingId } from '../domain/stop-using.js';
import { type Binding, unreachedBy } from '../domain/unreached.js';
import { ClientTraffic, type CoveredDelivery } from './client-traffic.js';
import { type DeliveryState, insertDeliveries } from './delivery-rows.js';
import { insertEvents, isAnnounced } from './event-rows.js';
import type { GuardKeys } from './guard-keys.js';
import { type StoredRecord, insertRecords, seqOf } from './record-rows.js';

/** A delivery and how it stands from now on. `isTaken`: it was open, and is given to nobody any more. */
interface Settled extends CoveredDelivery {
  readonly isTaken: boolean;
}

/** What the guard itself sends because of a withdrawal, with its record. */
interface OwnMessage {
  readonly record: GuardRecord;
  readonly data: Readonly<Record<string, unknown>>;
  /** Of its delivery. */
  readonly root?: string;
}

type WithdrawEffect = Extract<Effect, { kind: 'withdraw' }>;

/** A withdrawal, or a newer decision that says yes to less. */
interface Ending {
  readonly withdrawalId: string;
  readonly client: string;
  readonly lines: readonly Line[];
  /** The client still says yes, to less: a form says one thing of all its lines. */
  readonly isLimited: boolean;
}

/** What became of the deliveries, and what is to be recorded of it. */
interface Outcome {
  readonly ending: Ending;
  readonly settled: readonly Settled[];
  readonly seconds: readonly GuardRecord[];
  readonly own: readonly OwnMessage[];
  readonly unreached: readonly Binding[];
}

const noticesAtOnce = 1_000;
const notifier = 'svc_notifier';

/**
 * What a withdrawal does to what is under way, in the transaction that records it, under the client's exclusive lock: no batch that judged by
 * the old consent can still commit. What was never given is stopped; what was given counts as had. Committed, it is carried out.
 */
export class WithdrawalDesk {
  constructor(
    private readonly keys: GuardKeys,
    private readonly clock: Clock,
  ) {}

  /** @returns parties for whom something waits once it is committed */
  async carryOut(
    db: PoolClient,
    { withdrawalId, client, lines }: WithdrawEffect,
  ): Promise<ReadonlySet<string>> {
    const isLimited = lines.some(({ ruledOut }) => ruledOut !== undefined);
    const ending = { withdrawalId, client, lines, isLimited };
    const traffic = await ClientTraffic.read(db, client);
    const upTo = traffic.records.get(withdrawalId)?.seq ?? Infinity;
    const settled = traffic.covered(lines, upTo).map((each) => settledFor(each, isLimited));
    const stopped = settled
      .filter(({ record }) => record.verdict.kind !== 'stopped')
      // Whether or not its recipient had it: it had not answered, and what is still covered is to be sent again.
      .filter(({ state, isTaken }) => state === 'stopped' || (isLimited && isTaken))
      .map(({ record }) => record);
    const seconds = secondRecords(ending, stopped, traffic);
    const own = [
      ...this.instructions(ending, settled, traffic),
      ...this.mailStops(ending, settled, traffic),
    ];
    const records = [...seconds, ...own.map(({ record }) => record)];
    const unreached = unreachedBy(stopped, [...traffic.records.values(), ...records], (id) =>
      traffic.wasGiven(id),
    );
    await this.write(db, { ending, settled, seconds, own, unreached });
    return new Set(own.map(({ record }) => record.to));
  }

  /** One content-free instruction to each party that holds something, for each case: a consequence of the withdrawal, no disclosure. */
  private instructions(
    ending: Ending,
    settled: readonly Settled[],
    { records }: ClientTraffic,
  ): readonly OwnMessage[] {
    if (ending.isLimited) return [];
    const had = settled
      .filter(({ state, root, recipient }) => state === 'collected' && recipient === root.recipient)
      .map(({ root }) => root);
    const keepers = keptUnder(ending.lines, records, ending.withdrawalId);
    const holders = new Map<string, OwnMessage>();
    for (const held of [...had, ...keepers]) {
      const { recipient, caseId } = held;
      if (recipient === undefined || caseId === undefined) continue;
      const id = stopUsingId(ending.withdrawalId, recipient, caseId);
      const record = this.ownRecord(held, {
        id,
        name: 'instruction.stop-using',
        to: recipient,
        cause: ending.withdrawalId,
        facts: takenBack(records.get(ending.withdrawalId)),
      });
      holders.set(id, { record, data: { what: 'stop-using-and-take-off-the-record' } });
    }
    return [...holders.values()];
  }

  /** The notifier has taken notices whose mail may not have gone yet: their ids, and nothing else. */
  private mailStops(
    ending: Ending,
    settled: readonly Settled[],
    traffic: ClientTraffic,
  ): readonly OwnMessage[] {
    const ended = traffic.endedMails();
    const taken = settled.filter(
      ({ state, recipient, record }) =>
        state !== 'stopped' && recipient === notifier && !ended.has(record.id),
    );
    const notices = taken.map(({ record }) => record.id).toSorted();
    const withdrawal = traffic.records.get(ending.withdrawalId);
    if (withdrawal === undefined) return [];
    return Array.from({ length: Math.ceil(notices.length / noticesAtOnce) }, (_, index) => {
      const id = effectId(
        ending.withdrawalId,
        ending.isLimited ? 'notice-stop-limit' : 'notice-stop',
        String(index),
      );
      const record = this.ownRecord(withdrawal, {
        id,
        name: 'notice.stop',
        to: notifier,
        cause: ending.withdrawalId,
      });
      const service = {
        recipient: notifier,
        recipientKind: 'service' as const,
        recipientAgency: notifier,
      };
      return {
        record: { ...record, ...service },
        data: { notices: notices.slice(index * noticesAtOnce, (index + 1) * noticesAtOnce) },
        root: ending.withdrawalId,
      };
    });
  }

  private ownRecord(
    about: GuardRecord,
    own: Pick<GuardRecord, 'id' | 'name' | 'to' | 'cause'> & Partial<Pick<GuardRecord, 'facts'>>,
  ): GuardRecord {
    const guard = {
      sender: 'guard',
      senderKind: 'guard' as const,
      senderAgency: 'guard',
      actor: undefined,
    };
    const digest = ownDigest(own.id);
    const nothing = { facts: {}, consents: [], inner: undefined, ordinal: 0 };
    return {
      ...about,
      ...guard,
      ...nothing,
      ...own,
      time: this.clock.now().toISOString(),
      digest,
      verdict: { kind: 'cleared' },
    };
  }

  /** Where each delivery ended, second records, the guard's own messages, and all their events. */
  private async write(
    db: PoolClient,
    { ending, settled, seconds, own, unreached }: Outcome,
  ): Promise<void> {
    const now = this.clock.now();
    const places = settled.map(({ place }) => place);
    // `hand_until` stays: until then the recipient may be at work on it, and is given nothing later in that case.
    await db.query(
      `update delivery set state = s.state from unnest($1::bigint[], $2::text[]) s (place, state)
       where delivery.place = s.place and delivery.state <> s.state`,
      [places, settled.map(({ state }) => state)],
    );
    await db.query('delete from delivery_body where id = any($1::bigint[])', [places]);
    const records = [...seconds, ...own.map(({ record }) => record)];
    const seqs = await insertRecords(db, records, now);
    await insertDeliveries(
      db,
      own.map(({ record, data, root }) => ({
        id: record.id,
        recipient: record.to,
        client: ending.client,
        message: messageOf(record, data),
        ...(root === undefined ? {} : { root }),
      })),
      this.keys,
    );
    const told = records.filter(({ name }) => isAnnounced(name));
    await insertEvents(
      db,
      told.map((record) => ({ seq: seqOf(record, seqs) })),
    );
    await db.query('delete from held where id = any($1::uuid[])', [seconds.map(({ id }) => id)]);
    await db.query(
      'delete from case_agency where (case_id, agency) in (select * from unnest($1::uuid[], $2::text[]))',
      [unreached.map(({ caseId }) => caseId), unreached.map(({ agency }) => agency)],
    );
  }
}

/**
 * What a recipient had before a consent was limited, it was told rightly, and keeps: `pulled`. A withdrawal ends that too. What was `collected`
 * when a withdrawal before this one came, stays so.
 */
function settledFor(delivery: CoveredDelivery, isLimited: boolean): Settled {
  const { state, isGiven } = delivery;
  const had: DeliveryState = isLimited && state !== 'collected' ? 'pulled' : 'collected';
  return { ...delivery, isTaken: state === 'open', state: isGiven ? had : 'stopped' };
}

/** What ends: what was stopped before it was had, and what waits for a route. */
function secondRecords(
  { withdrawalId, lines, isLimited }: Ending,
  stopped: readonly StoredRecord[],
  traffic: ClientTraffic,
): readonly GuardRecord[] {
  const by = traffic.records.get(withdrawalId)?.senderAgency;
  return [...stopped, ...traffic.waiting(lines)].map((record) =>
    stopRecord(record, stopReasonFor(record, { by, isLimited })),
  );
}

const messageOf = (record: GuardRecord, data: OwnMessage['data']): DeliveredMessage => ({
  specversion: '1.0',
  id: record.id,
  source: guardSource,
  type: typeOf(record.name),
  time: record.time,
  ...(record.caseId === undefined || record.name === 'notice.stop' ? {} : { case: record.caseId }),
  to: record.to,
  data,
});
