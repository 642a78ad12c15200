import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Clock } from '#libs/clock/clock.js';
import { ownEffectId, uuidV7 } from '#libs/contracts/message-id.js';
import { guardSource, sourceOf } from '#libs/contracts/mesh-message.js';
import { readJson } from '#libs/contracts/read-json.js';
import { readMessage } from '#libs/contracts/read-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { BatchProcessor } from './batch.processor.js';
import type { BatchStore } from './batch.store.js';
import type { DeadLetter } from './decided-message.js';
import type { GuardKeys } from './guard-keys.js';
import type { Step } from './ingress-place.js';
import { type Redrive, nothingJudged } from './judge-batch.js';
import { toIncoming } from './read-ingress.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';
import { type Wakes, eventsKey } from './wakes.js';

interface DeadLetterRow {
  readonly id: string;
  readonly party: string;
  readonly message: string | null;
  readonly field: string | null;
  readonly body: Buffer | null;
  readonly at: Date;
  readonly redriven_at: Date | null;
}

export interface DeadLetterParts {
  readonly pool: Pool;
  readonly keys: GuardKeys;
  readonly store: BatchStore;
  readonly wakes: Wakes;
  readonly processor: BatchProcessor;
  readonly clock: Clock;
}

/** Told once more, under a new number. */
const eventsAgainSql = `insert into event (record, directory)
  select distinct on (record) record, directory from event where record = any($1::bigint[]) order by record, id`;

/**
 * Messages that could not be worked, kept with their reason and sent again when the operator asks: through the guard like any other, with
 * a new id, decided anew. What a service reported is sent again from its record: the event, or the notice asked for once more.
 */
export class DeadLetterDesk {
  constructor(private readonly parts: DeadLetterParts) {}

  /** In place of the message that lies there. */
  async keep(letter: DeadLetter, step: Step): Promise<void> {
    const { pool, store, clock, keys } = this.parts;
    const now = clock.now();
    const db = await pool.connect();
    try {
      const judged = { ...nothingJudged(), dead: [letter] };
      await store.commit(db, judged, {
        now,
        heldUntil: now,
        keyVersion: keys.version,
        step,
      });
    } finally {
      db.release();
    }
  }

  /** @returns whether it could be sent; a letter that is unknown or still unreadable stays where it is. */
  async redrive({ deadLetter: id, isRepeat }: Redrive): Promise<boolean> {
    const { pool, clock } = this.parts;
    const { rows } = await pool.query<DeadLetterRow>(
      'select id, party, message, field, body, at, redriven_at from dead_letter where id = $1',
      [id],
    );
    const [row] = rows;
    if (row === undefined) return false;
    if (isRepeat && row.redriven_at !== null) return true;
    const sent =
      row.body === null ? await this.resendReported(row) : await this.resendBody(row, row.body);
    if (sent)
      await pool.query('update dead_letter set redriven_at = $2 where id = $1', [id, clock.now()]);
    return sent;
  }

  private async resendBody(row: DeadLetterRow, sealed: Buffer): Promise<boolean> {
    const text = this.parts.keys.open(sealed, row.id).toString('utf8');
    const read = readJson(text);
    if (!read.ok || typeof read.json !== 'object' || read.json === null) return false;
    // The same new id however often it is sent again.
    const random = createHash('sha256').update(`redrive ${row.id}`).digest();
    return this.process({ ...read.json, id: uuidV7(row.at.getTime(), random) }, row.party);
  }

  private async resendReported(row: DeadLetterRow): Promise<boolean> {
    if (row.message === null) return false;
    const { rows } = await this.parts.pool.query<RecordRow>(
      'select * from record where id = $1 order by ordinal',
      [row.message],
    );
    const records = rows.map(toStoredRecord);
    const [first] = records;
    if (first === undefined) return false;
    if (first.name === 'notice.requested')
      return this.process(noticeAgain(first, row.id), first.sender);
    await this.parts.pool.query(eventsAgainSql, [records.map(({ seq }) => seq)]);
    this.parts.wakes.wake([eventsKey]);
    return true;
  }

  private async process(message: object, sender: string): Promise<boolean> {
    const read = readMessage(message, this.parts.clock.now().getTime(), {
      maxAgeMs: Infinity,
      maxAheadMs: Infinity,
    });
    if (!read.ok) return false;
    const digest = createHash('sha256').update(JSON.stringify(message)).digest('hex');
    await this.parts.processor.process([
      { ok: true, incoming: toIncoming(read.message, { sender, digest }, this.parts.keys) },
    ]);
    return true;
  }
}

/** The router's request, as its record has it. */
function noticeAgain(record: StoredRecord, deadLetter: string): object {
  const fact = (name: string): FactValue | undefined => record.facts[name];
  const wanted = {
    kind: fact('kind'),
    cause: record.cause,
    person: fact('person'),
    step: fact('step'),
    dueOn: fact('dueOn'),
    escalation: fact('escalation'),
  };
  return {
    specversion: '1.0',
    id: ownEffectId('svc_router', deadLetter, 'redrive'),
    source: record.sender === 'guard' ? guardSource : sourceOf(record.sender),
    type: typeOf('notice.requested'),
    time: record.time,
    to: record.to,
    data: Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
  };
}
