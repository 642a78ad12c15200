import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { z } from 'zod';
import type {
  ConsentOutcome,
  Timeline,
  askSeen,
  askVerdict,
  decisionRecord,
} from '#libs/contracts/ask.js';
import { refusalStep } from '#libs/contracts/refusal-steps.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { isServiceParty } from '#libs/contracts/party.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Purpose } from '#libs/contracts/purposes.js';
import { isUntoldStop } from '#libs/contracts/verdict.js';
import { isTakenBy } from './bound-case.js';
import { DecisionWatch, isCarriedOut } from './decision-watch.js';
import { reasonOf } from '../domain/guard-record.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';

interface DeadRow {
  readonly code: string;
  readonly field: string | null;
  readonly detail: string;
  readonly at: Date;
}

/** A yes of which the client has ruled out the whole, as the exit of a consent to share, covers nothing. */
const isShownAsCovered = `decision <> 'withdrawn' and not exists (select 1 from scope s where s.client = consent_line.client
  and s.from_agency = consent_line.from_agency and s.to_agency = consent_line.to_agency and s.purpose = consent_line.purpose
  and s.purpose = 'exit-notice' and s.decision = 'given' and 'exit' = any(s.excluded))`;

/** What became of messages, for those who sent or got them. */
export class MessageBook {
  private readonly watch: DecisionWatch;

  constructor(private readonly pool: Pool) {
    this.watch = new DecisionWatch(pool);
  }

  /** The verdict of one's own message; waits up to `waitMs` until it is decided. A withdrawal is not confirmed before it is carried out. */
  async verdict(
    party: string,
    { id, waitMs }: z.output<typeof askVerdict>,
  ): Promise<Record<string, unknown>> {
    const end = performance.now() + waitMs;
    const now = await this.decided(party, id);
    if (now !== undefined) return { ...now };
    const later =
      waitMs > 0 && (await this.watch.until(id, party, end))
        ? await this.decided(party, id)
        : undefined;
    if (later !== undefined) return { ...later };
    await delay(Math.max(0, end - performance.now()));
    return { ...undecided(party, id) };
  }

  private async decided(party: string, id: string): Promise<Timeline | undefined> {
    const timeline = await this.find(party, id);
    return timeline === undefined || (await this.isOpen(id)) ? undefined : timeline;
  }

  /**
   * Was this id used, and for the same message? Only the asker's own messages are told apart; another's id counts as used. A derived id is
   * never an agency's to use, and is not told: whoever knows the cause can compute it, and would learn what the mesh did because of it.
   */
  async seen(party: string, ask: z.output<typeof askSeen>): Promise<Record<string, unknown>> {
    if (uuidVersion(ask.id) !== 7 && !isServiceParty(party)) return { seen: 'other' };
    const { rows } = await this.pool.query<{ digest: Buffer | null; sender: string }>(
      'select digest, sender from record where id = $1 and ordinal = 0',
      [ask.id],
    );
    const [row] = rows;
    if (row === undefined) return { seen: 'no' };
    return {
      seen: row.sender === party && row.digest?.toString('hex') === ask.digest ? 'same' : 'other',
    };
  }

  async timeline(party: string, id: string): Promise<Record<string, unknown>> {
    const timeline = await this.find(party, id);
    if (timeline === undefined)
      throw new MeshError('not-found', 'no such message, or not one of yours');
    return { ...timeline };
  }

  /** Timelines of many messages at once, in the order of their first records: each as the first of these offices that had part in it sees it. */
  async timelinesOf(
    offices: readonly string[],
    records: readonly StoredRecord[],
  ): Promise<Timeline[]> {
    const byMessage = new Map<string, StoredRecord[]>();
    for (const record of records)
      byMessage.set(record.id, [...(byMessage.get(record.id) ?? []), record]);
    const collected = await this.collected([...byMessage.keys()]);
    return [...byMessage.values()].flatMap((own) => {
      const shown = offices.flatMap((office) => timelineFor(office, own, collected) ?? []);
      return shown.slice(0, 1);
    });
  }

  private async find(party: string, id: string): Promise<Timeline | undefined> {
    const { rows } = await this.pool.query<RecordRow>(
      'select * from record where id = $1 order by ordinal',
      [id],
    );
    if (rows.length > 0)
      return this.withOutcome(
        timelineFor(party, rows.map(toStoredRecord), await this.collected([id])),
        rows[0],
      );
    const dead = await this.pool.query<DeadRow>(
      'select code, field, detail, at from dead_letter where message = $1 and party = $2 order by at desc limit 1',
      [id, party],
    );
    const [row] = dead.rows;
    return row === undefined ? undefined : unreadable(party, id, row);
  }

  /**
   * Of these, the messages that their recipients were given. Whether a withdrawal came after makes no difference: a sender at another agency
   * would learn of it.
   */
  private async collected(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ id: string }>(
      'select id from delivery where id = any($1::uuid[]) and given > 0',
      [ids],
    );
    return new Set(rows.map((row) => row.id));
  }

  /** What a consent or withdrawal did to the lines of the sender's own agency; of others' lines nothing is told. */
  private async withOutcome(
    timeline: Timeline | undefined,
    first: RecordRow | undefined,
  ): Promise<Timeline | undefined> {
    const isDecision = first?.name === 'consent.recorded' || first?.name === 'consent.withdrawn';
    if (
      timeline === undefined ||
      first === undefined ||
      !isDecision ||
      timeline.sender !== first.sender
    )
      return timeline;
    const { rows } = await this.pool.query<{
      from_agency: string;
      to_agency: string;
      purpose: Purpose;
      outcome: string;
      before: string | null;
      decides: boolean;
    }>(
      `select from_agency, to_agency, purpose, outcome, ${isShownAsCovered} as decides, case when ${isTakenBy('before', '$2')} then before end as before
       from consent_line where decision_id = $1 and $2 in (from_agency, to_agency) order by from_agency, to_agency, purpose`,
      [first.id, first.sender_agency],
    );
    const lines = (which: (row: (typeof rows)[number]) => boolean): ConsentOutcome['supersedes'] =>
      rows
        .filter(which)
        .map((row) => ({ from: row.from_agency, to: row.to_agency, purpose: row.purpose }));
    const consent = {
      covers: lines(
        ({ outcome, decides }) => decides && (outcome === 'stands' || outcome === 'merged'),
      ),
      supersedes: lines(
        ({ outcome, before }) => before !== null && (outcome === 'stands' || outcome === 'merged'),
      ),
      notChanged: lines(({ outcome }) => outcome === 'not-changed'),
    };
    // Of a withdrawal nothing but the own consents that it ended: whether there was another's to end is not told.
    const isSilent = Object.values(consent).every((shown) => shown.length === 0);
    return isSilent ? timeline : { ...timeline, consent };
  }

  private async isOpen(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `select 1 from record r where r.id = $1 and r.ordinal = 0 and not (${isCarriedOut})`,
      [id],
    );
    return rowCount !== 0;
  }
}

const undecided = (party: string, id: string): Timeline => ({
  id,
  type: '',
  sender: party,
  to: '',
  time: '',
  state: 'undecided',
  records: [],
});

function unreadable(party: string, id: string, row: DeadRow): Timeline {
  const field = row.field === null ? {} : { field: row.field };
  const record = {
    verdict: 'refused' as const,
    reason: row.code,
    detail: row.detail,
    at: row.at.toISOString(),
    ...field,
  };
  return {
    id,
    type: '',
    sender: party,
    to: '',
    time: row.at.toISOString(),
    state: 'refused',
    records: [record],
  };
}

/** The sender sees all records; the recipient sees a message only once it was cleared to it, and not where it was stopped on the way. */
function timelineFor(
  party: string,
  records: readonly StoredRecord[],
  collected: ReadonlySet<string>,
): Timeline | undefined {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const isSender = first.sender === party;
  const cleared = records.filter((record) => record.recipient === party);
  if (!isSender && (cleared.length === 0 || last.verdict.kind === 'stopped')) return undefined;
  const shown = isSender ? toldToSender(records) : cleared;
  const newest = shown.at(-1) ?? last;
  const reason = reasonOf(newest.verdict);
  const task = isSender ? refusalStep(first.name, reason ?? '', first.senderKind)?.step : undefined;
  return {
    id: first.id,
    type: typeOf(first.name),
    ...(first.caseId === undefined ? {} : { case: first.caseId }),
    sender: first.sender,
    to: isSender ? first.to : party,
    time: first.time,
    state: newest.verdict.kind,
    ...(collected.has(first.id) ? { collected: true as const } : {}),
    records: shown.map(recordShown),
    ...(task === undefined ? {} : { task }),
  };
}

const toldToSender = (records: readonly StoredRecord[]): readonly StoredRecord[] =>
  records.filter(({ verdict }) => !isUntoldStop(reasonOf(verdict)));

function recordShown(record: StoredRecord): z.infer<typeof decisionRecord> {
  const { verdict } = record;
  const reason = reasonOf(verdict);
  return {
    verdict: verdict.kind,
    at: record.recordedAt.toISOString(),
    ...(reason === undefined ? {} : { reason }),
    ...(verdict.kind === 'refused' && verdict.field !== undefined ? { field: verdict.field } : {}),
    ...(verdict.kind === 'refused' && verdict.detail !== undefined
      ? { detail: verdict.detail }
      : {}),
  };
}
