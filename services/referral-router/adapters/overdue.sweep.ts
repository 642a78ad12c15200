import type { Kysely, Transaction } from 'kysely';
import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import type { StoredStep } from './case.store.js';
import { loadNamings, saveEscalation, takeOverdue } from './case.store.js';
import { noticeId, noticeMessage } from '../domain/compose-message.js';
import { deskOf, nextLevel, personAt } from '../domain/escalate-step.js';
import { loadDirectory } from './directory.store.js';
import { type NewNotice, askNotices, namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';

export interface OverdueSweepOptions {
  readonly db: Kysely<RouterTables>;
  readonly clock: Clock;
  readonly holidays: Holidays;
  /** By the mesh's clock; in real time between half a second and this. */
  readonly everySeconds: number;
  /** False while events that were recorded long ago are still being read: a step they close is not overdue. */
  readonly isCaughtUp: () => boolean;
  /** After a commit that put something into the outbox. */
  readonly onTold: () => void;
  readonly onTrouble: (error: unknown) => void;
}

const batch = 100;
const leastDelayMs = 500;
/** How soon to ask again whether the events are read. */
const behindDelayMs = 1_000;

/** The clock of overdue steps. Several instances may sweep: a step is taken by one, and each level is told once. */
export class OverdueSweep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;
  private unwatch: (() => void) | undefined;

  constructor(private readonly options: OverdueSweepOptions) {}

  start(): void {
    this.unwatch ??= this.options.clock.onChanged(() => this.wake());
    this.wake();
  }

  /** Waits for the sweep under way. Idempotent. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.unwatch?.();
    clearTimeout(this.timer);
    await this.running;
  }

  private wake(): void {
    if (this.isStopped) return;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    clearTimeout(this.timer);
    const { clock, everySeconds, isCaughtUp, onTrouble } = this.options;
    const isReady = isCaughtUp();
    if (isReady) await this.sweep().catch(onTrouble);
    const next = new Date(clock.now().getTime() + everySeconds * 1_000);
    const delayMs = isReady
      ? Math.min(Math.max(clock.realDelayMs(next), leastDelayMs), everySeconds * 1_000)
      : behindDelayMs;
    if (!this.isStopped) this.timer = setTimeout(() => this.wake(), delayMs);
  }

  private async sweep(): Promise<void> {
    for (let taken = 1; taken > 0 && !this.isStopped;) {
      taken = await this.options.db.transaction().execute((tx) => this.escalate(tx));
      if (taken > 0) this.options.onTold();
    }
  }

  private async escalate(tx: Transaction<RouterTables>): Promise<number> {
    const { clock, holidays } = this.options;
    const now = clock.now();
    const today = londonDate(now);
    const steps = await takeOverdue(tx, today, batch);
    const namings = await loadNamings(
      tx,
      steps.map(({ caseId }) => caseId),
    );
    const directory = await loadDirectory(tx, ...namesOf(steps, [...namings.values()].flat()));
    for (const step of steps) {
      const level = nextLevel(step, holidays);
      const people = { namings: namings.get(step.caseId) ?? [], directory, today };
      const person = personAt(deskOf(level.told), step, people);
      await saveEscalation(tx, step, level);
      if (directory.person(person) !== undefined)
        await askNotices(tx, [overdueNotice(step, level.told, person, now)]);
    }
    return steps.length;
  }
}

function overdueNotice(
  { caseId, cause, step, holder, dueOn }: StoredStep,
  told: number,
  person: string,
  now: Date,
): NewNotice {
  const kind = 'step-overdue';
  const escalation = deskOf(told);
  const id = noticeId({ kind, cause, holder }, `${step}/${escalation}`);
  return {
    caseId,
    person,
    told: [person],
    ...noticeMessage(id, { kind, cause, person, step, dueOn, escalation }, now),
  };
}
