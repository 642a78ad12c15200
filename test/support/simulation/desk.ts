import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { StepOutcome } from '#libs/contracts/step-outcomes.js';
import type { CaseHistory, Said } from './case-history.js';
import type { Chance } from './chance.js';

export const holidays = bankHolidays('england-and-wales');

/** A message that somebody decides to send. */
export interface Move {
  readonly from: string;
  readonly actor: string;
  readonly name: MessageName;
  readonly to: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An open step as its owner's worklist shows it. */
export interface OpenRow {
  readonly step: StepName;
  readonly party: string;
  readonly owner: string;
  readonly cause: string;
  readonly overdue: boolean;
  readonly escalation: string;
  /** Which consent is to be sought or renewed. */
  readonly form?: string | undefined;
}

export interface ClientShown {
  readonly nino: string;
  readonly surname: string;
  readonly dateOfBirth: string;
}

/** Somebody at work: who they are, what they know, what they may do. All that a person decides goes through one. */
export class Desk {
  readonly party: string;
  readonly actor: string;
  readonly history: CaseHistory;
  readonly client: ClientShown;
  readonly chance: Chance;
  readonly now: Date;

  constructor(at: Pick<Desk, 'party' | 'actor' | 'history' | 'client' | 'chance' | 'now'>) {
    this.party = at.party;
    this.actor = at.actor;
    this.history = at.history;
    this.client = at.client;
    this.chance = at.chance;
    this.now = at.now;
  }

  get today(): string {
    return londonDate(this.now);
  }

  say(name: MessageName, to: string, data: Move['data']): Move {
    return { from: this.party, actor: this.actor, name, to, data };
  }

  /** To the mesh alone. */
  record = (name: MessageName, data: Move['data']): Move => this.say(name, 'mesh', data);

  done = ({ step, cause }: Pick<OpenRow, 'step' | 'cause'>, outcome: StepOutcome): Move =>
    this.record('step.done', { step, outcome, about: cause });

  /** A working day at half past ten, so many from today. */
  at = (workingDays: number): string =>
    londonInstant(addWorkingDays(this.today, workingDays, holidays), '10:30').toISOString();

  /** Of this party, sent or got. */
  last = (...names: readonly MessageName[]): Said | undefined =>
    this.history.last(this.party, ...names);
  lastFrom = (...names: readonly MessageName[]): Said | undefined =>
    this.history.lastFrom(this.party, ...names);
  lastTo = (...names: readonly MessageName[]): Said | undefined =>
    this.history.lastTo(this.party, ...names);

  /** Who referred the client last. */
  get referrer(): string {
    return (
      this.history.all.findLast(({ name }) => name === 'referral.requested')?.from ?? 'jc_north'
    );
  }

  /** The other side of the message behind a step. */
  counterpart({ cause }: Pick<OpenRow, 'cause'>): string {
    const opener = this.history.get(cause);
    return (opener?.from === this.party ? opener.to : opener?.from) ?? '';
  }
}
