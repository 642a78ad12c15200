import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Clock } from '#libs/clock/clock.js';
import { effectId, ownDigest } from '#libs/contracts/message-id.js';
import { guardSource } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { type StopReason, isUntoldStop } from '#libs/contracts/verdict.js';
import { type GuardRecord, stopRecord } from '../domain/guard-record.js';
import { keptUnder, takenBack } from '../domain/record-keepers.js';
import { stopReasonFor } from '../domain/stop-reason.js';
import { stopUsingId } from '../domain/stop-using.js';
import { type Binding, unreachedBy } from '../domain/unreached.js';
import { ClientTraffic, type CoveredDelivery } from './client-traffic.js';
import { readOpenings, requireOpenings } from './delivery-opening.js';
import {
  type OpenWithdrawal,
  type WithdrawalToCarryOut,
  readOpenWithdrawal,
} from './open-withdrawal.js';
import type { DeliveryState } from './judge-batch.js';
import {
  type DeliveryRecall,
  type Openings,
  type RecallTerms,
  recallable,
} from './delivery-recall.js';
import { type StoredRecord, insertRecords } from './record-rows.js';
import type { RoadCourier } from './road.courier.js';

/** A delivery after it was taken back, or could not be. */
type Settled = CoveredDelivery & { readonly streamSeq: number; readonly isTaken: boolean };
/** The same, and how it stood before. */
type Taken = Settled & { readonly was: DeliveryState };

/** What the guard itself sends because of a withdrawal, with its record. */
interface OwnMessage {
  readonly record: GuardRecord;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What became of the deliveries, and what is to be recorded of it. */
interface Outcome {
  readonly open: OpenWithdrawal;
  readonly settled: readonly Settled[];
  readonly records: readonly GuardRecord[];
  readonly openings: Openings;
  readonly unreached: readonly Binding[];
}

/** How long the confirmation waits for the notifier to have stopped mail; then it is given without (README, "What a withdrawal does"). */
const mailWaitMs = 2_000;
const mailPollMs = 20;
const noticesAtOnce = 1_000;
const notifier = 'svc_notifier';

/**
 * What a withdrawal does to what is under way. It runs under the client's exclusive lock, after the withdrawal is committed: no batch that
 * judged by the old consent can still commit, and what one of them had committed and perhaps not delivered is found by its record. Until
 * it is through, the withdrawal is not confirmed to anyone; cut off in between, it is carried out again, each part of it repeatable.
 */
export class WithdrawalDesk {
  constructor(
    private readonly recall: DeliveryRecall,
    private readonly courier: RoadCourier,
    private readonly clock: Clock,
  ) {}

  async carryOut(db: PoolClient, withdrawal: WithdrawalToCarryOut): Promise<void> {
    const open = await readOpenWithdrawal(db, withdrawal);
    if (open === undefined) return;
    const traffic = await ClientTraffic.read(db, open.client);
    await db.query(`update open_withdrawal set body = body || '{"isBegun":true}' where id = $1`, [
      open.withdrawalId,
    ]);
    const upTo = traffic.records.get(open.withdrawalId)?.seq ?? Infinity;
    const covered = traffic.covered(open.lines, upTo);
    const openings = await readOpenings(
      db,
      covered.map(({ recipient }) => recipient),
    );
    const settled = settledFor(
      open,
      await this.takeBack(covered, { isAgain: open.isBegun, openings }),
    );
    const stopped = settled
      .filter(({ record }) => record.verdict.kind !== 'stopped')
      // Whether or not its recipient had it: it had not answered, and what is still covered is to be sent again.
      .filter(({ state, isTaken }) => state === 'stopped' || (open.isLimited && isTaken))
      .map(({ record }) => record);
    const seconds = secondRecords(open, stopped, traffic);
    const own = [
      ...this.instructions(open, settled, traffic),
      ...this.mailStops(open, settled, traffic),
    ];
    const records = [
      ...seconds,
      ...own.map(({ record }) => record).filter(({ id }) => !traffic.records.has(id)),
    ];
    const unreached = unreachedBy(stopped, [...traffic.records.values(), ...records], (id) =>
      wasGiven(id, settled, traffic),
    );
    const announcements = [
      ...(await this.write(db, { open, settled, records, openings, unreached })),
      ...writtenBefore(open, traffic),
    ];
    const places = await this.courier.deliver(
      own.map(({ record, data }) => ({
        id: record.id,
        recipient: record.to,
        message: messageOf(record, data),
      })),
      Infinity,
    );
    const told = announcements.filter(({ name }) => name !== 'notice.stop');
    await this.courier.announce(
      told.map((record) => ({ record, seq: record.seq, recordedAt: record.recordedAt })),
    );
    await this.awaitNotifier(
      places
        .filter(({ delivery }) => delivery.recipient === notifier)
        .map(({ streamSeq }) => streamSeq),
    );
    await db.query('delete from open_withdrawal where id = $1', [open.withdrawalId]);
  }

  private async takeBack(
    covered: readonly CoveredDelivery[],
    terms: RecallTerms,
  ): Promise<readonly Taken[]> {
    const sent = covered.filter(({ state }) => state === 'sent');
    const recalled = await this.recall.recall(
      sent.map(({ record, recipient, streamSeq }) =>
        recallable(record, { recipient, streamSeq, now: this.clock.now() }),
      ),
      terms,
    );
    const before = covered.flatMap(({ streamSeq, ...each }) =>
      each.state === 'sent' || streamSeq === undefined
        ? []
        : [{ ...each, streamSeq, isTaken: false, was: each.state }],
    );
    return [
      ...before,
      ...sent.flatMap((each, index) =>
        recalled[index] === undefined ? [] : [{ ...each, ...recalled[index], was: each.state }],
      ),
    ];
  }

  /** One content-free instruction to each party that holds something, for each case: a consequence of the withdrawal, no disclosure. */
  private instructions(
    open: OpenWithdrawal,
    settled: readonly Settled[],
    { records }: ClientTraffic,
  ): readonly OwnMessage[] {
    if (open.isLimited) return [];
    const had = settled
      .filter(({ state, root, recipient }) => state === 'collected' && recipient === root.recipient)
      .map(({ root }) => root);
    const keepers = keptUnder(open.lines, records, open.withdrawalId);
    const holders = new Map<string, OwnMessage>();
    for (const held of [...had, ...keepers]) {
      const { recipient, caseId } = held;
      if (recipient === undefined || caseId === undefined) continue;
      const id = stopUsingId(open.withdrawalId, recipient, caseId);
      const record = this.ownRecord(held, {
        id,
        name: 'instruction.stop-using',
        to: recipient,
        cause: open.withdrawalId,
        facts: takenBack(records.get(open.withdrawalId)),
      });
      holders.set(id, { record, data: { what: 'stop-using-and-take-off-the-record' } });
    }
    return [...holders.values()];
  }

  /** The notifier has pulled notices whose mail may not have gone yet: their ids, and nothing else. */
  private mailStops(
    open: OpenWithdrawal,
    settled: readonly Settled[],
    traffic: ClientTraffic,
  ): readonly OwnMessage[] {
    const ended = traffic.endedMails();
    const pulled = settled.filter(
      ({ state, recipient, record }) =>
        state !== 'stopped' && recipient === notifier && !ended.has(record.id),
    );
    const notices = pulled.map(({ record }) => record.id).toSorted();
    const withdrawal = traffic.records.get(open.withdrawalId);
    if (withdrawal === undefined) return [];
    return Array.from({ length: Math.ceil(notices.length / noticesAtOnce) }, (_, index) => {
      const id = effectId(open.withdrawalId, 'notice-stop', String(index));
      const record = this.ownRecord(withdrawal, {
        id,
        name: 'notice.stop',
        to: notifier,
        cause: open.withdrawalId,
      });
      const service = {
        recipient: notifier,
        recipientKind: 'service' as const,
        recipientAgency: notifier,
      };
      return {
        record: { ...record, ...service },
        data: { notices: notices.slice(index * noticesAtOnce, (index + 1) * noticesAtOnce) },
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

  /** Second records, the guard's own, and where each delivery ended: in one transaction. @returns the records as they stand now. */
  private async write(
    db: PoolClient,
    { open, settled, records, openings, unreached }: Outcome,
  ): Promise<readonly StoredRecord[]> {
    const now = this.clock.now();
    await db.query('begin');
    await requireOpenings(db, openings);
    const seqs = await insertRecords(db, records, now);
    await db.query(
      `insert into delivery (id, recipient, client, root, stream_seq, state)
       select id, recipient, $1, root, seq, state from unnest($2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::text[])
         as d (id, recipient, root, seq, state)
       on conflict (id, recipient) do update set state = excluded.state where delivery.state <> excluded.state`,
      [
        open.client,
        settled.map(({ record }) => record.id),
        settled.map(({ recipient }) => recipient),
        settled.map(({ root }) => root.id),
        settled.map(({ streamSeq }) => streamSeq),
        settled.map(({ state }) => state),
      ],
    );
    await db.query('delete from held where id = any($1::uuid[])', [
      records.map((record) => record.id),
    ]);
    await db.query(
      'delete from case_agency where (case_id, agency) in (select * from unnest($1::uuid[], $2::text[]))',
      [unreached.map(({ caseId }) => caseId), unreached.map(({ agency }) => agency)],
    );
    await db.query('commit');
    return records.map((record) => ({
      ...record,
      seq: seqs.get(`${record.id}/${record.ordinal}`) ?? 0,
      recordedAt: now,
    }));
  }

  private async awaitNotifier(seqs: readonly number[]): Promise<void> {
    if (seqs.length === 0) return;
    const end = performance.now() + mailWaitMs;
    while (performance.now() < end && !(await this.recall.isWorked(notifier, Math.max(...seqs))))
      await delay(mailPollMs);
  }
}

/**
 * What a recipient had before a consent was limited, it was told rightly, and keeps: `pulled`. A withdrawal ends that too. What was `collected`
 * when a withdrawal before this one came, stays so.
 */
const settledFor = ({ isLimited }: OpenWithdrawal, settled: readonly Taken[]): readonly Settled[] =>
  settled.map(({ was, ...each }) =>
    each.state === 'stopped' || was === 'collected'
      ? each
      : { ...each, state: isLimited ? 'pulled' : 'collected' },
  );

/** Whether a message was in its recipient's hands, as far as it is known now or was before. */
const wasGiven = (id: string, settled: readonly Settled[], traffic: ClientTraffic): boolean =>
  traffic.wasGiven(id) ||
  settled.some(({ record, state }) => record.id === id && state !== 'stopped');

/** What ends: what was stopped before it was had, and what waits for a route. */
function secondRecords(
  { withdrawalId, lines, isLimited }: OpenWithdrawal,
  stopped: readonly StoredRecord[],
  traffic: ClientTraffic,
): readonly GuardRecord[] {
  const by = traffic.records.get(withdrawalId)?.senderAgency;
  return [...stopped, ...traffic.waiting(lines)].map((record) =>
    stopRecord(record, stopReasonFor(record, { by, isLimited })),
  );
}

/** What an earlier attempt wrote and perhaps did not announce. */
const writtenBefore = (open: OpenWithdrawal, { records }: ClientTraffic): readonly StoredRecord[] =>
  [...records.values()].filter(
    ({ verdict, recordedAt, cause, sender }) =>
      (verdict.kind === 'stopped' && isOurs(verdict.reason) && recordedAt >= open.at) ||
      (sender === 'guard' && cause === open.withdrawalId),
  );

const isOurs = (reason: StopReason): boolean =>
  isUntoldStop(reason) || ['withdrawn', 'consent-changed', 'no-consent-on-record'].includes(reason);

const messageOf = (record: GuardRecord, data: OwnMessage['data']) => ({
  specversion: '1.0' as const,
  id: record.id,
  source: guardSource,
  type: typeOf(record.name),
  time: record.time,
  ...(record.caseId === undefined || record.name === 'notice.stop' ? {} : { case: record.caseId }),
  to: record.to,
  data,
});
