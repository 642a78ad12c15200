import { londonDate } from '#libs/calendar/london-time.js';
import { isOfficeHour } from '#libs/calendar/office-hours.js';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { readAddress } from '#libs/contracts/address.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { NoticeRequest, PersonPut } from '#libs/contracts/service-forms.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { answerMailTrouble } from '#services/referral-router/domain/answer-mail-trouble.js';
import type {
  CasePart,
  CaseState,
  OpenStep,
  Telling,
} from '#services/referral-router/domain/case-state.js';
import {
  inheritedId,
  mailNoticeId,
  noticeId,
  noticeMessage,
  routeMessage,
  type RouterMessage,
  routerParty,
} from '#services/referral-router/domain/compose-message.js';
import type { StepClocks } from '#services/referral-router/domain/due-date.js';
import {
  type Escalated,
  levelOf,
  nextLevel,
  notEscalated,
  personAt,
} from '#services/referral-router/domain/escalate-step.js';
import {
  type Directory,
  type People,
  findPerson,
  isOnListOf,
} from '#services/referral-router/domain/find-person.js';
import { absencesOf, heirsOf } from '#services/referral-router/domain/find-heirs.js';
import { tellLate } from '#services/referral-router/domain/keep-waits.js';
import { stepRow, waitingRow } from '#services/referral-router/domain/list-rows.js';
import { type RouteCandidate, rankRoutes } from '#services/referral-router/domain/rank-routes.js';
import { readCase } from '#services/referral-router/domain/read-case.js';

interface PaperCase {
  readonly events: MeshEvent[];
  /** Messages whose late answer was told. */
  readonly lateTold: Set<string>;
  state: CaseState;
}

/** A step that nobody did in time, and whom that was told. */
export interface Overdue {
  readonly step: OpenStep;
  readonly person: string;
  readonly on: string;
}

/** The router's own decisions, with its cases in memory instead of a database. */
export class PaperRouter {
  readonly overdue: Overdue[] = [];
  readonly #cases = new Map<string, PaperCase>();
  readonly #asked = new Map<
    string,
    { readonly person: string; readonly told: readonly string[] }
  >();
  readonly #levels = new Map<string, Escalated>();
  /** People who are away or gone, and whose heirs do not know it yet. */
  #absences: readonly { readonly person: string; readonly cause: string; readonly from: string }[] =
    [];

  constructor(
    private readonly directory: Directory,
    private readonly candidates: readonly RouteCandidate[],
    private readonly clocks: StepClocks,
  ) {}

  /** Takes an event in. @returns what the router puts out because of it */
  take(event: MeshEvent, now: Date): readonly RouterMessage[] {
    if (event.sender === routerParty || event.case === undefined) return [];
    if (nameOfType(event.type) === 'mail.reported') return this.#tellOfMail(event, now);
    const known = this.#cases.get(event.case);
    const events = [...(known?.events ?? []), event];
    const state = this.#read(events, now);
    this.#cases.set(event.case, { events, state, lateTold: known?.lateTold ?? new Set() });
    const fresh = state.tellings.filter(({ cause }) => cause === event.id);
    const notices = this.#tell(fresh, state, now);
    return event.verdict === 'waiting' ? [...notices, ...this.#route(event, now)] : notices;
  }

  /** A person was put into the directory by the message `cause`: who has their steps is told when they are away. */
  putPerson(put: PersonPut, cause: string, now: Date): void {
    const absences = absencesOf(put, londonDate(now));
    this.#absences = [
      ...this.#absences,
      ...absences.map(({ from }) => ({ person: put.person, cause, from })),
    ];
  }

  /** What the clock brings about, in office hours: answers that are late, steps that are overdue. @returns the notices of it */
  sweep(now: Date): readonly RouterMessage[] {
    if (!isOfficeHour(now, this.clocks.holidays)) return [];
    const today = londonDate(now);
    const heirs = this.#tellHeirs(now, today);
    const chased = [...this.#cases.values()].flatMap((known) => [
      ...this.#lapse(known, now),
      ...known.state.steps.flatMap((step) => this.#escalate(step, known.state, { now, today })),
    ]);
    return [...heirs, ...chased];
  }

  worklist(party: string, now: Date): readonly WorklistStep[] {
    return this.openSteps(now).filter((row) => isOnListOf(party, row, this.directory));
  }

  /** Every open step of every case, with its owner of today. */
  openSteps(now: Date): readonly WorklistStep[] {
    return this.#rows(now, ({ steps }, caseId, people) =>
      steps.map((step) => stepRow({ ...step, caseId, told: this.#levelOf(step).told }, people)),
    );
  }

  /** What every party waits for. */
  waiting(now: Date): readonly WaitingFor[] {
    return this.#rows(now, ({ waits }, caseId, people) =>
      waits.map((wait) => waitingRow({ ...wait, caseId }, people)),
    );
  }

  /** How a case stands for each agency in it. */
  partsOf(caseId: string): readonly CasePart[] {
    return this.#cases.get(caseId)?.state.parts ?? [];
  }

  #tellHeirs(now: Date, today: string): readonly RouterMessage[] {
    const begun = this.#absences.filter(({ from }) => from <= today);
    this.#absences = this.#absences.filter(({ from }) => from > today);
    const held = [...this.#cases].flatMap(([caseId, { state }]) =>
      state.steps.map(({ holder }) => ({ caseId, holder })),
    );
    const namingsOf = (caseId: string): CaseState['namings'] =>
      this.#cases.get(caseId)?.state.namings ?? [];
    const people = { namingsOf, directory: this.directory, today };
    return begun.flatMap(({ person, cause }) =>
      [...heirsOf(person, held, people)].flatMap(([heir, cases]) => {
        const data = { kind: 'steps-inherited' as const, cause, person: heir, cases: [...cases] };
        return this.#ask(inheritedId(cause, heir), data, [heir], now);
      }),
    );
  }

  #rows<Row>(
    now: Date,
    rowsOf: (state: CaseState, caseId: string, people: People) => readonly Row[],
  ): readonly Row[] {
    const today = londonDate(now);
    return [...this.#cases].flatMap(([caseId, { state }]) =>
      rowsOf(state, caseId, { namings: state.namings, directory: this.directory, today }),
    );
  }

  #read(events: readonly MeshEvent[], at: Date): CaseState {
    const agencyOf = (party: string): string => this.directory.party(party)?.agency ?? party;
    return readCase(events, { clocks: this.clocks, at, agencyOf });
  }

  /** Answers that did not come become the waiting party's own step. */
  #lapse(known: PaperCase, now: Date): readonly RouterMessage[] {
    const isLate = known.state.waits.some(
      ({ hasLapsed, lapsesAt }) => !hasLapsed && new Date(lapsesAt) <= now,
    );
    if (!isLate) return [];
    known.state = this.#read(known.events, now);
    const late = known.state.waits
      .filter(({ cause, hasLapsed }) => hasLapsed && !known.lateTold.has(cause))
      .map(({ cause }) => cause);
    for (const cause of late) known.lateTold.add(cause);
    return this.#tell(tellLate(known.state, new Set(late)), known.state, now);
  }

  /** Of one kind about one message a person gets one notice, whatever they are there. */
  #tell(
    tellings: readonly Telling[],
    { namings }: Pick<CaseState, 'namings'>,
    now: Date,
  ): readonly RouterMessage[] {
    const told = new Set<string>();
    return tellings.flatMap((telling) => {
      const { holder, ...rest } = telling;
      const person = findPerson(holder, namings, this.directory, londonDate(now));
      const key = `${telling.kind} ${telling.cause} ${person}`;
      if (this.directory.person(person) === undefined || told.has(key)) return [];
      told.add(key);
      const { whileOpen: _whileOpen, ...data } = rest;
      return this.#ask(noticeId(telling), { ...data, person }, [person], now);
    });
  }

  #ask(
    id: string,
    data: NoticeRequest,
    told: readonly string[],
    now: Date,
  ): readonly RouterMessage[] {
    if (this.#asked.has(id)) return [];
    this.#asked.set(id, { person: data.person, told });
    return [noticeMessage(id, data, now)];
  }

  #route(event: MeshEvent, now: Date): readonly RouterMessage[] {
    const address = readAddress(event.to);
    if (typeof address === 'string' || address.kind !== 'area') return [];
    const { role, district } = address;
    const ranked = rankRoutes({ role, district, sender: event.sender }, this.candidates);
    const [party, ...others] = ranked;
    const found = party === undefined ? {} : { party, others };
    return [routeMessage({ message: event.id, ...found }, now)];
  }

  #tellOfMail(event: MeshEvent, now: Date): readonly RouterMessage[] {
    const notice = this.#asked.get(event.cause ?? '');
    if (notice === undefined) return [];
    const outcome = String(event.facts['outcome']);
    const answer = answerMailTrouble(outcome, notice, this.directory, londonDate(now));
    if (answer === undefined) return [];
    const { kind, person } = answer;
    const id = mailNoticeId(event.cause ?? '', kind);
    return this.#ask(id, { kind, cause: event.id, person }, [...notice.told, person], now);
  }

  #levelOf = (step: OpenStep): Escalated =>
    this.#levels.get(keyOf(step)) ?? notEscalated(step.dueOn);

  #escalate(
    step: OpenStep,
    { namings }: CaseState,
    { now, today }: { readonly now: Date; readonly today: string },
  ): readonly RouterMessage[] {
    const messages: RouterMessage[] = [];
    for (;;) {
      const before = this.#levelOf(step);
      if (before.nextAfter === undefined || before.nextAfter >= today) return messages;
      const level = nextLevel(before, this.clocks.holidays);
      this.#levels.set(keyOf(step), level);
      const escalation = levelOf(level.told);
      const person = personAt(escalation, step, { namings, directory: this.directory, today });
      if (person === undefined) continue;
      this.overdue.push({ step, person, on: today });
      const { cause, holder, step: name, dueOn } = step;
      const kind = 'step-overdue';
      const id = noticeId({ kind, cause, holder }, `${name}/${escalation}`);
      const data = { kind, cause, person, step: name, dueOn, escalation } as const;
      messages.push(...this.#ask(id, data, [person], now));
    }
  }
}

const keyOf = ({ cause, step, holder }: OpenStep): string => `${cause}/${step}/${holder.party}`;
