import type { Pool } from 'pg';
import type { z } from 'zod';
import { type askEvents, answerBytes } from '#libs/contracts/ask-inbox.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { reasonOf } from '../domain/guard-record.js';
import { lockSql } from './lock-sql.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';
import { type Wakes, eventsKey } from './wakes.js';

/**
 * Numbers what is committed, in the order of writing, under one lock and in one snapshot: a number given later is always higher, so that who has
 * followed to one has missed none before it. What is committed meanwhile is numbered next time.
 */
const numberSql = `with fresh as (select id, row_number() over (order by id) as nth from event where number is null)
  update event e set number = fresh.nth + (select coalesce(max(number), 0) from event) from fresh where e.id = fresh.id`;
const eventsSql = `select e.number, e.directory, r.* from event e join record r on r.seq = e.record
  where e.number > $1 order by e.number limit $2`;

interface EventRow extends RecordRow {
  readonly number: number;
  readonly directory: (PartyPut & PersonPut) | null;
}

interface Numbered {
  readonly number: number;
  readonly event: MeshEvent;
}

/** What the mesh has decided, for those who follow it: the envelope, the verdict and the marked facts; never identity, never free text. */
export class EventBook {
  constructor(
    private readonly pool: Pool,
    private readonly wakes: Wakes,
  ) {}

  /** Those after a number, in order; waits up to `waitMs` for the first. Who follows keeps the number of what it has done. */
  async events({ after, max, waitMs }: z.output<typeof askEvents>): Promise<{
    readonly events: readonly Numbered[];
  }> {
    const end = performance.now() + waitMs;
    for (;;) {
      const waiting = this.wakes.register(eventsKey);
      try {
        const events = await this.eventsNow(after, max);
        const leftMs = end - performance.now();
        if (events.length > 0 || leftMs <= 0 || waiting.isEnding()) return { events };
        await waiting.within(leftMs);
      } finally {
        waiting.leave();
      }
    }
  }

  private async eventsNow(after: number, max: number): Promise<readonly Numbered[]> {
    await this.numberAll();
    const { rows } = await this.pool.query<EventRow>({
      name: 'events',
      text: eventsSql,
      values: [after, max],
    });
    const events: Numbered[] = [];
    let bytes = 0;
    for (const row of rows) {
      const event = toEvent(toStoredRecord(row), row.directory ?? undefined);
      bytes += Buffer.byteLength(JSON.stringify(event));
      if (events.length > 0 && bytes > answerBytes) break;
      events.push({ number: row.number, event });
    }
    return events;
  }

  private async numberAll(): Promise<void> {
    const fresh = await this.pool.query('select 1 from event where number is null limit 1');
    if (fresh.rowCount === 0) return;
    // One round trip is one transaction; the update's snapshot is taken once the lock is had.
    await this.pool.query(`${lockSql('events', 'number')}; ${numberSql}`);
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Field by field, as it is made for every message. */
export function toEvent(record: StoredRecord, directory?: PartyPut | PersonPut): MeshEvent {
  const reason = reasonOf(record.verdict);
  const event: Writable<MeshEvent> = {
    id: record.id,
    seq: record.seq,
    type: typeOf(record.name),
    verdict: record.verdict.kind,
    sender: record.sender,
    senderKind: record.senderKind,
    to: record.recipient ?? record.to,
    time: record.time,
    recordedAt: record.recordedAt.toISOString(),
    facts: { ...record.facts },
  };
  if (reason !== undefined) event.reason = reason;
  if (record.recipientKind !== undefined) event.recipientKind = record.recipientKind;
  if (record.caseId !== undefined) event.case = record.caseId;
  if (record.actor !== undefined) event.actor = record.actor;
  if (record.cause !== undefined) event.cause = record.cause;
  if (directory !== undefined) event.directory = directory;
  return event;
}
