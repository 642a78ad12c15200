import { randomBytes } from 'node:crypto';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import type { MailStatus, Timeline, WorklistStep } from '#libs/contracts/ask.js';
import type { WholeCase } from '#libs/contracts/ask-case.js';
import { partyOfSource, sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Notice, PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { stepWorkingDays } from '#libs/contracts/steps.js';
import type { Delivered, EdgeAnswer } from '#deploy/sample/edge-client.js';
import type { StageParts } from '#deploy/sample/journey-stage.js';
import type { OpenedMail } from '#deploy/sample/mail-reader.js';
import { renderMailText } from '#services/notifier/domain/mail-text.js';
import { mailReported } from '#services/notifier/domain/own-message.js';
import type { DirectoryFile, PersonEntry } from '#services/operator/domain/directory-file.js';
import { planDirectory } from '#services/operator/domain/plan-directory.js';
import { usualRules } from '#services/reminders/domain/reminder-rules.js';
import { PaperGuard } from './paper-guard.js';
import { PaperReminders } from './paper-reminders.js';
import { PaperRouter } from './paper-router.js';

const holidays = bankHolidays('england-and-wales');
const weekMs = 7 * 24 * 3_600_000;
/** Between two messages time goes on, as it does when people write them. */
const messageMs = 1_000;

/**
 * The whole mesh on paper: the pure decisions of guard, router, reminders and notifier, one after another, in memory. No broker, no
 * database, no mail, no clock but its own. A journey of half a year takes milliseconds. It is not the mesh: what is lost, repeated,
 * overtaken or not yet there does not occur.
 */
export class PaperMesh implements Pick<StageParts, 'edge' | 'mails' | 'clock' | 'people'> {
  readonly router: PaperRouter;
  readonly #guard: PaperGuard;
  readonly #reminders = new PaperReminders({ ...usualRules, holidays });
  readonly #people: ReadonlyMap<string, PersonEntry>;
  readonly #inboxes = new Map<string, Delivered[]>();
  readonly #mails: OpenedMail[] = [];
  readonly #held: MailStatus[] = [];
  /** The directory's people, as they were put last. */
  readonly #entries: Map<string, PersonPut>;
  #now: Date;

  constructor(directory: DirectoryFile, startsAt: Date) {
    this.#now = startsAt;
    this.#people = new Map(directory.people.map((person) => [person.id, person]));
    const puts = planDirectory(directory, { parties: [], people: [] }, new Map());
    const parties = puts.flatMap(({ type, data }) =>
      type === 'directory.party-put' ? [data as PartyPut] : [],
    );
    const people = puts.flatMap(({ type, data }) =>
      type === 'directory.person-put' ? [data as PersonPut] : [],
    );
    this.#entries = new Map(people.map((person) => [person.person, person]));
    this.#guard = new PaperGuard(parties, people);
    this.router = new PaperRouter(
      {
        party: (id) => parties.find(({ party }) => party === id),
        person: (id) => this.#entries.get(id),
      },
      parties.map((party) => ({ party, openCases: 0 })),
      { workingDays: stepWorkingDays, holidays },
    );
  }

  readonly clock: StageParts['clock'] = {
    now: () => this.#now,
    advanceTo: (instant) => Promise.resolve(this.#advanceTo(instant)),
  };

  readonly people: StageParts['people'] = {
    leaves: (person, on) => Promise.resolve(this.#leave(person, on)),
  };

  readonly mails: StageParts['mails'] = { read: () => Promise.resolve(this.#mails) };

  readonly edge: StageParts['edge'] = {
    send: (_party, event) => Promise.resolve(this.#send(event)),
    timeline: (_party, id) => Promise.resolve(this.#guard.timeline(id)),
    collect: (party) => Promise.resolve(this.#inboxes.get(party)?.splice(0) ?? []),
    worklist: (party) => Promise.resolve(this.#worklist(party)),
    case: (_party, caseId) => Promise.resolve(this.#case(caseId)),
  };

  #send(event: Readonly<Record<string, unknown>>): EdgeAnswer {
    this.#now = new Date(this.#now.getTime() + messageMs);
    const [problem] = this.#put(JSON.stringify(event));
    const timeline = this.#guard.timeline(String(event['id']));
    const shown =
      problem === undefined
        ? undefined
        : { type: `urn:problem:${problem.code}`, detail: problem.detail ?? '' };
    return { status: problem === undefined ? 200 : 422, timeline, problem: shown };
  }

  #leave(person: string, leavesOn: string): void {
    const entry = this.#entries.get(person);
    if (entry === undefined) throw new Error(`${person} is not in the directory`);
    const data = { ...entry, leavesOn };
    this.#entries.set(person, data);
    const message = {
      specversion: '1.0',
      id: uuidV7(this.#now.getTime(), randomBytes(10)),
      source: sourceOf('svc_ops'),
      type: typeOf('directory.person-put'),
      time: this.#now.toISOString(),
      to: 'mesh',
      data,
    };
    this.#mustPass(JSON.stringify(message));
    this.router.putPerson(data, message.id, this.#now);
  }

  /** A message before the guard, and all that follows from it. @returns what is wrong with its shape */
  #put(text: string): ReturnType<PaperGuard['judge']>['problems'] {
    const { source } = JSON.parse(text) as { readonly source: string };
    const { problems, events, deliveries } = this.#guard.judge(
      text,
      partyOfSource(source),
      this.#now,
    );
    for (const { recipient, message } of deliveries)
      if (recipient !== 'svc_notifier')
        this.#inbox(recipient).push(message as unknown as Delivered);
    for (const { recipient, message } of deliveries)
      if (recipient === 'svc_notifier') this.#notify(message.id, message.data as unknown as Notice);
    for (const event of events) this.#reminders.take(event, this.#now);
    for (const event of events) this.#putAll(this.router.take(event, this.#now));
    this.#remind();
    return problems;
  }

  #putAll(messages: readonly { readonly body: Uint8Array }[]): void {
    for (const { body } of messages) this.#mustPass(new TextDecoder().decode(body));
  }

  /** A service's message has the right shape, or the paper is wrong. */
  #mustPass(text: string): void {
    const [problem] = this.#put(text);
    if (problem !== undefined) throw new Error(`${problem.code} ${problem.detail}: ${text}`);
  }

  #remind(): void {
    for (const message of this.#reminders.due(this.#now)) this.#mustPass(JSON.stringify(message));
  }

  /** In strides of a week, as the local clock is moved: what lies within one falls due together. */
  #advanceTo(instant: Date): void {
    while (this.#now < instant) {
      this.#now = new Date(Math.min(instant.getTime(), this.#now.getTime() + weekMs));
      this.#remind();
      this.#putAll(this.router.sweep(this.#now));
    }
  }

  #inbox(party: string): Delivered[] {
    const inbox = this.#inboxes.get(party) ?? [];
    this.#inboxes.set(party, inbox);
    return inbox;
  }

  /** Mail to its reader; held where the reader has no key, which the router is told. */
  #notify(id: string, notice: Notice): void {
    const reader = this.#people.get(notice.person);
    if (reader === undefined) throw new Error(`${notice.person} has no mailbox`);
    const at = this.#now.toISOString();
    const { person, kind } = notice;
    if (!reader.key) {
      this.#held.push({ notice: id, person, kind, state: 'held', at });
      this.#putAll([mailReported({ notice: id, person, outcome: 'held', at })]);
      return;
    }
    const seq = this.#mails.length + 1;
    const read = { file: `${seq}.eml`, outerSubject: '[...]', isSigned: true };
    this.#mails.push({ ...renderMailText(notice), ...read, seq, to: reader.address });
  }

  #worklist(party: string): WorklistStep[] {
    return [...this.router.worklist(party, this.#now)];
  }

  #case(caseId: string): WholeCase {
    const messages: Timeline[] = [];
    const reminders = [...this.#reminders.ofCase(caseId)];
    const open = { steps: [], waiting: [], notHad: [] };
    return { case: caseId, messages, ...open, reminders, mails: this.#held };
  }
}
