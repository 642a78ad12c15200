import { londonDate } from '#libs/calendar/london-time.js';
import type { WorklistStep } from '#libs/contracts/ask.js';
import { readAddress } from '#libs/contracts/address.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { NoticeRequest } from '#libs/contracts/service-forms.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { advanceCase } from '#services/referral-router/domain/advance-case.js';
import { answerMailTrouble } from '#services/referral-router/domain/answer-mail-trouble.js';
import type { CaseState, OpenStep, Telling } from '#services/referral-router/domain/case-state.js';
import {
  mailNoticeId,
  noticeId,
  noticeMessage,
  routeMessage,
  type RouterMessage,
  routerParty,
} from '#services/referral-router/domain/compose-message.js';
import type { StepClocks } from '#services/referral-router/domain/due-date.js';
import {
  deskOf,
  type Escalated,
  nextLevel,
  notEscalated,
  personAt,
} from '#services/referral-router/domain/escalate-step.js';
import {
  type Directory,
  findDeputy,
  findPerson,
} from '#services/referral-router/domain/find-person.js';
import { type RouteCandidate, rankRoutes } from '#services/referral-router/domain/rank-routes.js';
import { newCase } from '#services/referral-router/domain/case-state.js';

interface PaperCase {
  readonly cleared: Map<string, MeshEvent>;
  readonly stopped: Set<string>;
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

  constructor(
    private readonly directory: Directory,
    private readonly candidates: readonly RouteCandidate[],
    private readonly clocks: StepClocks,
  ) {}

  /** Takes an event in. @returns what the router puts out because of it */
  take(event: MeshEvent, now: Date): readonly RouterMessage[] {
    if (event.sender === routerParty || event.case === undefined) return [];
    if (nameOfType(event.type) === 'mail.reported') return this.#tellOfMail(event, now);
    const { tellings, ...state } = this.#advance(event.case, event);
    const notices = tellings.flatMap((telling) => this.#notice(telling, state, now));
    return event.verdict === 'waiting' ? [...notices, ...this.#route(event, now)] : notices;
  }

  /** What is overdue by now goes up, level by level. @returns the notices of it */
  sweep(now: Date): readonly RouterMessage[] {
    const today = londonDate(now);
    return [...this.#cases.values()].flatMap(({ state }) =>
      state.steps.flatMap((step) => this.#escalate(step, state, { now, today })),
    );
  }

  worklist(party: string, now: Date): readonly WorklistStep[] {
    const today = londonDate(now);
    const agency = this.directory.party(party)?.agency;
    return [...this.#cases].flatMap(([caseId, { state }]) =>
      state.steps.flatMap((step): WorklistStep[] => {
        const owner = findPerson(step.holder, state.namings, this.directory, today);
        const own = this.directory.person(owner)?.party;
        const isOf = step.holder.party === party || own === party;
        if (!isOf || this.directory.party(step.holder.party)?.agency !== agency) return [];
        const { told } = this.#levelOf(step);
        return [
          {
            case: caseId,
            step: step.step,
            party: step.holder.party,
            owner,
            deputy: findDeputy(owner, step.holder.party, this.directory),
            openedAt: step.openedAt,
            dueOn: step.dueOn,
            overdue: step.dueOn < today,
            escalation: deskOf(told),
            cause: step.cause,
          },
        ];
      }),
    );
  }

  /** Events come in order here and once: the case goes on from where it was. @returns it, with what the event alone has told */
  #advance(caseId: string, event: MeshEvent): CaseState {
    const known = this.#cases.get(caseId) ?? {
      cleared: new Map<string, MeshEvent>(),
      stopped: new Set<string>(),
      state: newCase,
    };
    this.#cases.set(caseId, known);
    if (event.verdict.startsWith('cleared')) known.cleared.set(event.id, event);
    if (event.verdict === 'stopped') known.stopped.add(event.id);
    known.state = advanceCase({ ...known.state, tellings: [] }, event, {
      clocks: this.clocks,
      messageOf: (id) => known.cleared.get(id),
      isStopped: (id) => known.stopped.has(id),
    });
    return known.state;
  }

  #notice(
    telling: Telling,
    { namings }: Pick<CaseState, 'namings'>,
    now: Date,
  ): readonly RouterMessage[] {
    const { kind, cause, holder, step, dueOn } = telling;
    const person = findPerson(holder, namings, this.directory, londonDate(now));
    const named = step === undefined ? {} : { step };
    const due = dueOn === undefined ? {} : { dueOn };
    return this.#ask(noticeId(telling), { kind, cause, person, ...named, ...due }, [person], now);
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
    const answer = answerMailTrouble(String(event.facts['outcome']), notice, this.directory);
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
      const escalation = deskOf(level.told);
      const person = personAt(escalation, step, { namings, directory: this.directory, today });
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
