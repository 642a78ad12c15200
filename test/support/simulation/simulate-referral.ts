import { addDays } from '#libs/calendar/local-date.js';
import { isOfficeHour } from '#libs/calendar/office-hours.js';
import { isWorkingDay } from '#libs/calendar/working-days.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import { stepFollowUps } from '#libs/contracts/step-outcomes.js';
import type { Said } from './case-history.js';
import { type Outcome, outcomeOf } from './case-outcome.js';
import { Chance } from './chance.js';
import { begin, happeningsOf } from './client-life.js';
import { type ClientShown, Desk, holidays, type Move, type OpenRow } from './desk.js';
import { reasonStands } from './reason-stands.js';
import { SimulatedMesh } from './simulated-mesh.js';
import { isInOffice, makeTown, type Town } from './town.js';
import { workOf } from './work-treatment.js';
import { instantOf } from './year-times.js';

/** How a client's year ended: an end, or who has them on the last day. */
export type YearEnd = Outcome | 'open, with an owner' | 'in treatment, the next review is set';

export interface ReferralYear {
  readonly end: YearEnd | undefined;
  /** Days and steps on which something was wrong, in words for who looks into it. */
  readonly lost: readonly string[];
  readonly mailsOutsideHours: readonly string[];
  readonly escalatedWithoutReason: readonly string[];
  readonly messages: number;
  readonly mails: number;
  readonly escalations: number;
  /** All that was said, in words, for who looks into one client. */
  readonly told: readonly string[];
  /** Verdicts other than a plain yes, by reason. */
  readonly refusals: readonly string[];
}

/** Who was refused a message about a step does not send it for ever: most say then that nothing is left to be done. */
function workAt(desk: Desk, row: OpenRow): readonly Move[] {
  const isRefused = desk.history.refusedSince(row.cause, row.party) > 0;
  const mayEnd = stepFollowUps[row.step]['no-longer-needed'].kind !== 'only-done';
  if (isRefused && mayEnd && desk.chance.isSo(0.7)) return [desk.done(row, 'no-longer-needed')];
  return workOf[row.step](desk, row);
}

function tell({ at, from, to, name, facts, verdict, reason }: Said): string {
  const parts = [at.toISOString().slice(0, 16), from, '→', to, name, verdict, reason ?? ''];
  return `${parts.join(' ')} ${JSON.stringify(facts)}`;
}

/** Not chased for: they are told at once, at any hour. What comes off the record is an agency's own *stop using*. */
const atOnce: ReadonlySet<NoticeKind> = new Set([
  'did-not-attend',
  'outcome-corrected',
  'stop-using',
  'take-off-record',
]);

/** The clock's round of a day, weekends and nights included. */
const rounds = ['00:01', '09:00', '12:01', '17:30'] as const;
const sessions = ['10:15', '14:40'] as const;
const [noon, evening] = ['11:30', '21:15'] as const;
const times = [...rounds, ...sessions, noon, evening].sort();

/** One client over the rest of the year, from a seed of their own. */
export class ReferralSimulation {
  readonly #chance: Chance;
  readonly #town: Town;
  readonly #mesh: SimulatedMesh;
  readonly #client: ClientShown;
  readonly #habits = new Map<string, number>();
  readonly #lost = new Set<string>();
  readonly #without = new Set<string>();
  readonly #refusals: string[] = [];
  #messages = 0;
  #seen = 0;

  constructor(
    seed: number,
    private readonly yearStartsOn: string,
  ) {
    this.#chance = new Chance(seed);
    this.#town = makeTown(this.#chance, yearStartsOn);
    this.#mesh = new SimulatedMesh(this.#town, this.#chance);
    const number = String(this.#chance.between(100_000, 999_999));
    this.#client = { nino: `QQ${number}A`, surname: 'Sample', dateOfBirth: '1988-04-12' };
  }

  run(): ReferralYear {
    const days = 365;
    let day = addDays(this.yearStartsOn, this.#chance.between(0, 240));
    const lastDay = addDays(this.yearStartsOn, days);
    while (!isWorkingDay(day, holidays)) day = addDays(day, 1);
    this.#begin(instantOf(day, '09:40'));
    for (; day < lastDay; day = addDays(day, 1)) this.#day(day);
    return this.#result(lastDay);
  }

  #begin(at: Date): void {
    const { party, moves } = begin(this.#chance);
    this.#act(this.#deskOf(party, at), moves);
  }

  #day(day: string): void {
    const isWorked = isWorkingDay(day, holidays);
    for (const time of times) {
      const at = instantOf(day, time);
      if (at < this.#startedAt) continue;
      if (rounds.some((each) => each === time)) this.#round(at, day);
      else if (time === evening) this.#happen(at, true);
      else if (isWorked && time === noon) this.#happen(at, false);
      else if (isWorked) this.#work(at);
    }
    this.#mustBeOwned(day);
  }

  get #startedAt(): Date {
    return this.#mesh.history.all[0]?.at ?? new Date(0);
  }

  #round(at: Date, day: string): void {
    const before = this.#mesh.router.overdue.length;
    this.#mesh.tick(at);
    for (const { step } of this.#mesh.router.overdue.slice(before)) {
      const asked = { step: step.step, party: step.holder.party, cause: step.cause };
      if (!reasonStands(asked, this.#mesh.history, this.#isSameAgency))
        this.#without.add(`${day} ${step.step} of ${step.holder.party}`);
    }
  }

  /** Who has open steps comes to some of them; some people never do. */
  #work(at: Date): void {
    for (const row of this.#rows(at)) {
      if (!this.#chance.isSo(this.#readinessOf(row))) continue;
      const isStillOpen = this.#rows(at).some(
        ({ step, cause, party }) => step === row.step && cause === row.cause && party === row.party,
      );
      if (!isStillOpen) continue;
      this.#act(this.#deskOf(row.party, at, row.owner), (desk) => workAt(desk, row));
    }
  }

  #readinessOf({ party, owner, escalation }: OpenRow): number {
    const lazy = { prompt: 0.55, slow: 0.12, never: 0 };
    const habit =
      this.#habits.get(owner) ?? lazy[this.#chance.weighed({ prompt: 60, slow: 30, never: 10 })];
    this.#habits.set(owner, habit);
    const isChased = escalation === 'team-leader' || escalation === 'manager';
    const isDead = this.#habits.get(party) ?? (this.#chance.isSo(0.05) ? 1 : 0);
    this.#habits.set(party, isDead);
    return isChased && isDead === 0 ? Math.max(habit, 0.5) : habit;
  }

  #happen(at: Date, isEvening: boolean): void {
    for (const { party, moves } of happeningsOf(this.#mesh.history, this.#chance, isEvening))
      this.#act(this.#deskOf(party, at), moves);
  }

  #act(desk: Desk, decide: (desk: Desk) => readonly Move[]): void {
    for (const move of decide(desk)) {
      const { kind, reason } = this.#mesh.send(move, desk.now);
      this.#messages += 1;
      if (reason !== undefined) this.#refusals.push(`${move.name} ${kind} ${reason}`);
    }
  }

  #deskOf(party: string, at: Date, actor?: string): Desk {
    const day = at.toISOString().slice(0, 10);
    const present = this.#town.people.filter(
      (person) => person.party === party && isInOffice(person, day),
    );
    const person = actor ?? present[0]?.person ?? `p_${party}_leader`;
    return new Desk({
      party,
      actor: person,
      history: this.#mesh.history,
      client: this.#client,
      chance: this.#chance,
      now: at,
    });
  }

  #rows(at: Date): readonly OpenRow[] {
    return this.#mesh.router.openSteps(at);
  }

  /** Every open step has an owner in office; without a step, a wait or a reminder there is an end that is listed. */
  #mustBeOwned(day: string): void {
    const at = instantOf(day, '18:00');
    const rows = this.#rows(at);
    for (const { step, party, owner } of rows) {
      const person = this.#town.people.find((each) => each.person === owner);
      const isOwned = person !== undefined && isInOffice(person, day);
      if (!isOwned && isWorkingDay(day, holidays))
        this.#lost.add(`${step} of ${party} has ${owner}, who is not in office on ${day}`);
    }
    if (this.#mesh.history.all.length === this.#seen) return;
    this.#seen = this.#mesh.history.all.length;
    if (this.#endOn(day) === undefined) this.#lost.add(`nobody has the client on ${day}`);
  }

  #endOn(day: string): YearEnd | undefined {
    const at = instantOf(day, '18:00');
    if (this.#rows(at).length > 0 || this.#mesh.router.waiting(at).length > 0)
      return 'open, with an owner';
    if (this.#mesh.isSeriesRunning) return 'in treatment, the next review is set';
    return outcomeOf(this.#mesh.history);
  }

  #isSameAgency = (one: string, other: string): boolean => {
    const agency = (id: string): string | undefined =>
      this.#town.parties.find(({ party }) => party === id)?.agency;
    return one === other || (agency(one) !== undefined && agency(one) === agency(other));
  };

  #result(lastDay: string): ReferralYear {
    const { mails, router } = this.#mesh;
    return {
      end: this.#endOn(lastDay),
      lost: [...this.#lost],
      mailsOutsideHours: mails
        .filter(({ kind, at }) => !atOnce.has(kind) && !isOfficeHour(at, holidays))
        .map(({ kind, at }) => `${kind} at ${at.toISOString()}`),
      escalatedWithoutReason: [...this.#without],
      messages: this.#messages,
      mails: mails.length,
      escalations: router.overdue.length,
      refusals: this.#refusals,
      told: this.#mesh.history.all.map(tell),
    };
  }
}
