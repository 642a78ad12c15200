import { randomUUID } from 'node:crypto';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import { stepWorkingDays } from '#libs/contracts/steps.js';
import { usualRules } from '#services/reminders/domain/reminder-rules.js';
import { PaperGuard } from '../paper-guard.js';
import { PaperReminders } from '../paper-reminders.js';
import { PaperRouter } from '../paper-router.js';
import { CaseHistory, saidIn } from './case-history.js';
import type { Chance } from './chance.js';
import type { Move } from './desk.js';
import type { Town } from './town.js';

const holidays = bankHolidays('england-and-wales');

/** A mail that went out. */
export interface SentMail {
  readonly kind: NoticeKind;
  readonly person: string;
  readonly at: Date;
}

/** What became of a message: its verdict and, where it did not pass, why. */
export interface Verdict {
  readonly kind: string;
  readonly reason: string | undefined;
}

/**
 * One client's case on paper: the pure decisions of guard, router and reminders, one after another, with everything in memory. Each client
 * has a mesh of their own, since no case touches another.
 */
export class SimulatedMesh {
  readonly history = new CaseHistory();
  readonly mails: SentMail[] = [];
  readonly caseId = randomUUID();
  readonly router: PaperRouter;
  readonly #guard: PaperGuard;
  readonly #reminders = new PaperReminders({ ...usualRules, holidays });

  constructor(
    { parties, people }: Town,
    private readonly chance: Chance,
  ) {
    this.#guard = new PaperGuard(parties, people);
    this.router = new PaperRouter(
      {
        party: (id) => parties.find(({ party }) => party === id),
        person: (id) => people.find(({ person }) => person === id),
      },
      parties.map((party) => ({ party, openCases: 0 })),
      { workingDays: stepWorkingDays, holidays },
    );
  }

  send({ from, actor, name, to, data }: Move, at: Date): Verdict {
    const id = uuidV7(at.getTime(), this.chance.bytes(10));
    const message = {
      specversion: '1.0',
      id,
      source: sourceOf(from),
      type: typeOf(name),
      time: at.toISOString(),
      case: this.caseId,
      to,
      actor,
      data,
    };
    const problem = this.#put(JSON.stringify(message), from, at);
    if (problem !== undefined) throw new Error(`${name} of ${from}: ${problem}`);
    this.#remind(at);
    const timeline = this.#guard.timeline(id);
    return { kind: timeline?.state ?? 'undecided', reason: timeline?.records.at(-1)?.reason };
  }

  /** The clock stands at this instant: what falls due goes out, what is overdue goes up. */
  tick(at: Date): void {
    this.#remind(at);
    this.#putAll(this.router.sweep(at), at);
  }

  #remind(at: Date): void {
    for (const message of this.#reminders.due(at)) this.#mustPass(JSON.stringify(message), at);
  }

  /** The keyworker's series of care plan reviews runs, so that somebody will have a step. Other reminders say nothing of who has the client. */
  get isSeriesRunning(): boolean {
    return this.#reminders
      .ofCase(this.caseId)
      .some(({ kind, state }) => kind === 'care-plan-review' && state === 'scheduled');
  }

  #put(text: string, sender: string, at: Date): string | undefined {
    const { problems, events, deliveries } = this.#guard.judge(text, sender, at);
    const [problem] = problems;
    if (problem !== undefined) return `${problem.code} ${problem.field ?? ''} ${problem.detail}`;
    for (const { recipient, message } of deliveries) {
      if (recipient !== 'svc_notifier') continue;
      const { kind, person } = message.data as {
        readonly kind: NoticeKind;
        readonly person: string;
      };
      this.mails.push({ kind, person, at });
    }
    for (const event of events) {
      const said = event.case === this.caseId ? saidIn(event) : undefined;
      if (said !== undefined) this.history.add(said);
      this.#reminders.take(event, at);
    }
    for (const event of events) this.#putAll(this.router.take(event, at), at);
    return undefined;
  }

  #putAll(messages: readonly { readonly body: Uint8Array }[], at: Date): void {
    for (const { body } of messages) this.#mustPass(new TextDecoder().decode(body), at);
  }

  /** A service's message has the right shape, or the mesh is wrong. */
  #mustPass(text: string, at: Date): void {
    const { source } = JSON.parse(text) as { readonly source: string };
    const problem = this.#put(text, source.slice('/parties/'.length), at);
    if (problem !== undefined) throw new Error(`${problem}: ${text}`);
  }
}
