import { createHash } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import type { PoolClient } from 'pg';
import { effectId } from '#libs/contracts/message-id.js';
import { guardSource } from '#libs/contracts/mesh-message.js';
import { ruleOf, typeOf } from '#libs/contracts/message-table.js';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';
import type { Clock } from '#libs/clock/clock.js';
import { requestJson } from '#libs/nats/ask-client.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { GuardRecord } from '../domain/guard-record.js';
import type { Scope } from '../domain/scope.js';
import { toWrite } from './batch.store.js';
import type { WithdrawEffect } from './judge-batch.js';
import { type RecordRow, type StoredRecord, insertRecords, toStoredRecord } from './record-rows.js';
import type { RoadCourier } from './road.courier.js';

interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

/** Of the server's errors.json. nats-server gives the second, with the store's own words, for a message that is no longer there. */
const sequenceNotFound = 10_043;
const deleteFailed = 10_057;
const notThere = /no message found|deleted message/;

/** A line of disclosure that was withdrawn. */
type Line = Pick<Scope, 'from' | 'to' | 'purpose'>;

interface Outstanding {
  readonly id: string;
  readonly recipient: string;
  readonly streamSeq: number;
  readonly state: 'sent' | 'stopped' | 'collected';
  /** The client's own message that the delivery rests on. */
  readonly root: StoredRecord;
}

/**
 * What a withdrawal does to what is under way. It runs under the client's exclusive lock, after the withdrawal is committed: no batch that
 * judged by the old consent is still at work. Until it is through, the withdrawal is not confirmed to anyone; killed in between, the
 * withdrawal's message comes again and it is carried out again, each part of it repeatable.
 */
export class WithdrawalDesk {
  constructor(
    private readonly connection: NatsConnection,
    private readonly courier: RoadCourier,
    private readonly clock: Clock,
  ) {}

  async carryOut(db: PoolClient, withdrawal: WithdrawEffect): Promise<void> {
    const { rows } = await db.query<{ body: { lines: readonly Line[] } }>('select body from open_withdrawal where id = $1', [
      withdrawal.withdrawalId,
    ]);
    const [open] = rows;
    if (open === undefined) return;
    // The lines as they were withdrawn, not as the effect has them: decided again after a crash, it finds them withdrawn already.
    const { lines } = open.body;
    const covered = await this.coveredDeliveries(db, withdrawal, lines);
    const records: GuardRecord[] = [];
    const states: Outstanding[] = [];
    for (const each of covered) {
      const state = each.state === 'sent' ? await this.takeBack(each) : each.state;
      states.push({ ...each, state });
      if (state === 'stopped' && each.state === 'sent') records.push(...(await secondRecord(db, each.id)));
    }
    records.push(...(await this.stopHeld(db, withdrawal, lines)));
    const instructions = await this.instructions(db, withdrawal, states);
    await this.settle(db, { withdrawal, records, instructions, states });
  }

  /** Deliveries to agencies, and notices of them, that rest on a line that was withdrawn. */
  private async coveredDeliveries(db: PoolClient, withdrawal: WithdrawEffect, withdrawn: readonly Line[]): Promise<Outstanding[]> {
    const { rows } = await db.query<RecordRow & { did: string; drecipient: string; dseq: number; dstate: Outstanding['state'] }>(
      `select d.id as did, d.recipient as drecipient, d.stream_seq as dseq, d.state as dstate, r.* from delivery d
       join lateral (select * from record where id = d.root order by ordinal desc limit 1) r on true where d.client = $1`,
      [withdrawal.client],
    );
    const lines = new Set(withdrawn.map(({ from, to, purpose }) => `${from}|${to}|${purpose}`));
    return rows
      .map((row) => ({ id: row.did, recipient: row.drecipient, streamSeq: row.dseq, state: row.dstate, root: toStoredRecord(row) }))
      .filter(({ root }) => lines.has(`${root.senderAgency}|${root.recipientAgency ?? ''}|${ruleOf(root.name).purpose ?? ''}`));
  }

  /**
   * Takes a delivery out of its stream by its sequence. Never a purge, which would move the consumer past what is not read yet. What the
   * recipient had pulled before counts as collected: deleted first, asked second, so that a pull in between is seen.
   */
  private async takeBack(each: Outstanding): Promise<'stopped' | 'collected'> {
    const stream = deliveryStream(each.recipient);
    await this.api(`STREAM.MSG.DELETE.${stream}`, { seq: each.streamSeq, no_erase: false });
    const info = await this.api<{ delivered?: { stream_seq: number } }>(`CONSUMER.INFO.${stream}.${deliveryDurable}`, {});
    return (info.delivered?.stream_seq ?? Infinity) < each.streamSeq ? 'stopped' : 'collected';
  }

  private async api<T>(verb: string, payload: object): Promise<T> {
    const reply = (await requestJson(this.connection, `$JS.API.${verb}`, payload)) as { error?: ApiError } & T;
    const { error } = reply;
    // Gone already (acknowledged, or taken back before a crash) is as good as deleted. Any other error passes; it must be asked again.
    if (
      error !== undefined &&
      error.err_code !== sequenceNotFound &&
      !(error.err_code === deleteFailed && notThere.test(error.description))
    )
      throw new MeshError('broker-unavailable', 'the broker could not take a delivery back');
    return reply;
  }

  private async stopHeld(db: PoolClient, withdrawal: WithdrawEffect, withdrawn: readonly Line[]): Promise<GuardRecord[]> {
    const lines = new Set(withdrawn.map(({ from, purpose }) => `${from}|${purpose}`));
    const { rows } = await db.query<RecordRow>(
      `select r.* from held h join lateral (select * from record where id = h.id order by ordinal desc limit 1) r on true where h.client = $1`,
      [withdrawal.client],
    );
    return rows
      .map(toStoredRecord)
      .filter((record) => record.verdict.kind === 'waiting' && lines.has(`${record.senderAgency}|${ruleOf(record.name).purpose ?? ''}`))
      .map((record) => ({ ...record, ordinal: record.ordinal + 1, verdict: { kind: 'stopped', reason: 'withdrawn' } }));
  }

  /** One content-free instruction to each party that holds something, for each case: a consequence of the withdrawal, no disclosure. */
  private async instructions(db: PoolClient, withdrawal: WithdrawEffect, states: readonly Outstanding[]): Promise<GuardRecord[]> {
    const holders = new Map<string, GuardRecord>();
    for (const { state, root, recipient } of states) {
      if (state !== 'collected' || recipient !== root.recipient || root.caseId === undefined) continue;
      const id = effectId(withdrawal.withdrawalId, 'stop-using', `${recipient}/${root.caseId}`);
      holders.set(id, this.instructionRecord(root, { id, recipient, withdrawal }));
    }
    const { rows } = await db.query<{ id: string }>('select id from record where id = any($1::uuid[])', [[...holders.keys()]]);
    const written = new Set(rows.map((row) => row.id));
    return [...holders.values()].map((record) => (written.has(record.id) ? { ...record, ordinal: -1 } : record));
  }

  private instructionRecord(root: GuardRecord, to: { id: string; recipient: string; withdrawal: WithdrawEffect }): GuardRecord {
    const guard = { sender: 'guard', senderKind: 'guard' as const, senderAgency: 'guard', actor: undefined };
    const instruction = { name: 'instruction.stop-using' as const, to: to.recipient, facts: {}, consents: [], inner: undefined };
    const digest = createHash('sha256').update(to.id).digest('hex');
    const time = this.clock.now().toISOString();
    return {
      ...root,
      ...guard,
      ...instruction,
      id: to.id,
      ordinal: 0,
      time,
      digest,
      cause: to.withdrawal.withdrawalId,
      verdict: { kind: 'cleared' },
    };
  }

  private async settle(
    db: PoolClient,
    done: {
      withdrawal: WithdrawEffect;
      records: readonly GuardRecord[];
      instructions: readonly GuardRecord[];
      states: readonly Outstanding[];
    },
  ): Promise<void> {
    const now = this.clock.now();
    const fresh = [...done.records, ...done.instructions.filter((record) => record.ordinal === 0)];
    await db.query('begin');
    const writes = fresh.map(toWrite);
    const seqs = await insertRecords(db, writes, now);
    for (const { id, recipient, state } of done.states)
      await db.query('update delivery set state = $3 where id = $1 and recipient = $2', [id, recipient, state]);
    await db.query('delete from held where id = any($1::uuid[])', [done.records.map((record) => record.id)]);
    await db.query('commit');
    const sent = await this.courier.deliver(
      done.instructions.map((record) => ({ id: record.id, recipient: record.to, message: instructionOf(record) })),
      Infinity,
    );
    for (const each of sent)
      await db.query(
        'insert into delivery (id, recipient, client, root, stream_seq) values ($1, $2, null, $1, $3) on conflict do nothing',
        [each.id, each.recipient, each.streamSeq],
      );
    await this.courier.announce(fresh.map((record) => ({ record, seq: seqs.get(`${record.id}/${record.ordinal}`) ?? 0, recordedAt: now })));
    await db.query('delete from open_withdrawal where id = $1', [done.withdrawal.withdrawalId]);
  }
}

const instructionOf = (record: GuardRecord) => ({
  specversion: '1.0' as const,
  id: record.id,
  source: guardSource,
  type: typeOf('instruction.stop-using'),
  time: record.time,
  ...(record.caseId === undefined ? {} : { case: record.caseId }),
  to: record.to,
  data: { what: 'stop-using-and-take-off-the-record' },
});

async function secondRecord(db: PoolClient, id: string): Promise<GuardRecord[]> {
  const { rows } = await db.query<RecordRow>('select * from record where id = $1 order by ordinal desc limit 1', [id]);
  return rows
    .map(toStoredRecord)
    .map((record) => ({ ...record, ordinal: record.ordinal + 1, verdict: { kind: 'stopped', reason: 'withdrawn' } }));
}
