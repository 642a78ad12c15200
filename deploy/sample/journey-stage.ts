import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ScheduledReminder, Timeline, WorklistStep } from '#libs/contracts/ask.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import { noticeWording } from '#services/notifier/domain/notice-wording.js';
import type { DirectoryFile } from '#services/operator/domain/directory-file.js';
import type { LocalClockControl } from './clock-control.js';
import { compareVerdict } from './compare-verdict.js';
import type { Delivered, EdgeClient } from './edge-client.js';
import { londonStamp } from './expected-dates.js';
import type { MailReader, OpenedMail } from './mail-reader.js';
import type { PeopleDesk } from './people-desk.js';
import { type SampleEvent, sampleEvent } from './sample-event.js';
import { readSampleForm, type SampleForm } from './sample-form.js';

export interface JourneyStep {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What the stage asks of its parts: a test may put others in their place. */
export interface StageParts {
  readonly edge: Pick<EdgeClient, 'send' | 'timeline' | 'collect' | 'worklist' | 'case'>;
  readonly mails: Pick<MailReader, 'read'>;
  readonly clock: Pick<LocalClockControl, 'now' | 'advanceTo'>;
  readonly people: PeopleDesk;
  readonly directory: DirectoryFile;
  readonly print: (line: string) => void;
  readonly stepTimeoutMs: number;
}

/** A message that was sent, as later steps refer to it. */
export interface Sent {
  readonly id: string;
  readonly form: SampleForm;
  readonly caseId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A step did not come out as expected and what follows it makes no sense without it: the story ends here. */
export class StoryEnded extends Error {}

const askAgainMs = 50;

/**
 * What the stories play on: the edge, the mail folder, the clock, and what was sent and received so far. Everything it is asked to see is
 * checked, printed and kept as a step. It holds no rule of the mesh: what to expect, the stories and forms say.
 */
export class JourneyStage {
  readonly steps: JourneyStep[] = [];
  readonly run = randomBytes(2).toString('hex').toUpperCase();
  readonly #sent = new Map<string, Sent>();
  readonly #cases = new Map<string, string>();
  /** Each office's own reference of a case, as it last told it: `<party>/<case>`. */
  readonly #references = new Map<string, string>();
  /** The short reference of a case, the same for every office in it. */
  readonly #shortReferences = new Map<string, string>();
  readonly #inboxes = new Map<string, Delivered[]>();

  constructor(readonly parts: StageParts) {}

  /** Notes an outcome; a wrong one does not end the story. */
  check(name: string, ok: boolean, detail = ''): boolean {
    this.steps.push({ name, ok, detail });
    this.parts.print(
      `${' '.repeat(18)}${ok ? '✓' : '✗ NOT AS EXPECTED:'} ${name}${detail === '' ? '' : `: ${detail}`}`,
    );
    return ok;
  }

  title(text: string): void {
    this.parts.print('');
    this.parts.print(`== ${text}`);
  }

  caseOf(name: string): string {
    const known = this.#cases.get(name) ?? randomUUID();
    this.#cases.set(name, known);
    return known;
  }

  sentAs(name: string): Sent {
    const sent = this.#sent.get(name);
    if (sent === undefined) throw new StoryEnded(`no message ${name} was sent before`);
    return sent;
  }

  /** Sends `forms/<path>.json` through the edge and checks the verdict that the form expects. */
  async send(path: string): Promise<Sent> {
    const form = await readSampleForm(path);
    const now = this.parts.clock.now();
    const context = {
      now,
      run: this.run,
      idOf: (name: string) => this.sentAs(name).id,
      caseOf: (name: string) => this.caseOf(name),
      dataOf: (name: string) => this.sentAs(name).data,
    };
    const event = sampleEvent(form, context);
    const sent: Sent = { id: event.id, form, caseId: event.case, data: event.data };
    this.#sent.set(form.name, sent);
    this.#noteReference(form.from, event.case, event.caseref);
    this.parts.print(`${londonStamp(now)}  ${form.say}`);
    this.parts.print(
      `${' '.repeat(18)}${form.from} (${this.nameOf(form.actor)}) → ${form.to}: ${ruleOf(form.type).title}`,
    );
    await this.#verdictAsExpected(form, event);
    return sent;
  }

  async #verdictAsExpected(form: SampleForm, event: SampleEvent): Promise<void> {
    const { verdict, reason } = form.expect;
    const { ok, detail } = compareVerdict(
      form.expect,
      await this.parts.edge.send(form.from, event),
    );
    this.check(`verdict ${verdict}${reason === undefined ? '' : ` (${reason})`}`, ok, detail);
    if (!ok) throw new StoryEnded(`${form.name} was not ${verdict}`);
  }

  /** The message reached this party's inbox; it is collected and acknowledged. Gives it as the recipient got it. */
  async delivered(party: string, message: string): Promise<Delivered> {
    const { id } = this.sentAs(message);
    const found = await this.until(async () => {
      await this.collect(party, 1);
      return this.#inboxes.get(party)?.find((each) => each.id === id);
    });
    const fields = Object.keys(found?.['data'] ?? {}).join(', ');
    const leaks =
      found !== undefined && 'caseref' in found ? ' but with the sender’s own case reference' : '';
    this.check(`delivered to ${party}`, found !== undefined && leaks === '', `${fields}${leaks}`);
    if (found === undefined) throw new StoryEnded(`${message} was not delivered`);
    return found;
  }

  /** Takes whatever waits for the party and keeps it; what comes a second time is known by its id. */
  async collect(party: string, waitSeconds = 0): Promise<void> {
    const inbox = this.#inboxes.get(party) ?? [];
    this.#inboxes.set(party, inbox);
    const taken = await this.parts.edge.collect(party, waitSeconds);
    inbox.push(...taken.filter(({ id }) => !inbox.some((each) => each.id === id)));
  }

  /** All that the party collected about a case so far. */
  received(party: string, caseName: string): readonly Delivered[] {
    return (this.#inboxes.get(party) ?? []).filter(
      (each) => each['case'] === this.caseOf(caseName),
    );
  }

  /** A sealed mail of this kind, about this case under the reader's own reference, for this person, after mail `after`. */
  async mail(
    person: string,
    caseName: string,
    kind: NoticeKind,
    after = 0,
  ): Promise<OpenedMail | undefined> {
    const { address, name } = this.personOf(person);
    let wanted = '';
    const found = await this.until(async () => {
      wanted = `${noticeWording[kind].subject}: ${await this.referenceFor(person, caseName)}`;
      return (await this.parts.mails.read()).find(
        (mail) => mail.seq > after && mail.to === address && mail.subject === wanted,
      );
    });
    const wrong =
      found === undefined
        ? 'no such mail came'
        : found.outerSubject === '[...]'
          ? ''
          : `outer subject ${found.outerSubject}`;
    const unsigned = found?.isSigned === false ? 'not signed by the mesh' : '';
    this.check(
      `sealed mail to ${name}: “${wanted}”`,
      wrong === '' && unsigned === '',
      [wrong, unsigned].filter(Boolean).join(', '),
    );
    return found;
  }

  /** Prints a mail as its reader has it before them. */
  showMail(mail: OpenedMail | undefined): void {
    for (const line of (mail?.text ?? '').trimEnd().split('\n'))
      this.parts.print(`${' '.repeat(20)}| ${line.trimEnd()}`);
  }

  /** Mails about a case that came after `after`: to whom, and what. */
  async mailsAbout(caseName: string, after: number): Promise<readonly OpenedMail[]> {
    const caseId = this.caseOf(caseName);
    const references = [
      ...this.parts.directory.parties.flatMap(
        ({ id }) => this.#references.get(`${id}/${caseId}`) ?? [],
      ),
      this.#shortReferences.get(caseId) ?? caseId,
    ];
    return (await this.parts.mails.read()).filter(
      ({ seq, subject }) =>
        seq > after && references.some((reference) => subject.endsWith(`: ${reference}`)),
    );
  }

  async lastMail(): Promise<number> {
    return (await this.parts.mails.read()).at(-1)?.seq ?? 0;
  }

  /** The step stands on the party's worklist, with this person as its owner. */
  async step(
    party: string,
    caseName: string,
    step: string,
    owner: string,
  ): Promise<WorklistStep | undefined> {
    const found = await this.until(async () =>
      (await this.openSteps(party, caseName)).find(
        (each) => each.step === step && each.owner === owner,
      ),
    );
    const until = found === undefined ? '' : `until ${found.dueOn}`;
    this.check(`next: ${step}, held by ${this.nameOf(owner)}`, found !== undefined, until);
    return found;
  }

  async noStep(party: string, caseName: string, step: string): Promise<void> {
    const gone = await this.until(
      async () => !(await this.openSteps(party, caseName)).some((each) => each.step === step),
    );
    this.check(`${step} is done`, gone === true);
  }

  /** Nobody at these parties has anything left to do in the case. */
  async nothingOpen(parties: readonly string[], caseName: string): Promise<void> {
    let left: readonly string[] = [];
    await this.until(async () => {
      const open = await Promise.all(parties.map((party) => this.openSteps(party, caseName)));
      left = open.flat().map(({ step, owner }) => `${step} of ${owner}`);
      return left.length === 0;
    });
    this.check(
      `nothing is left open at ${parties.join(' and ')}`,
      left.length === 0,
      left.join(', '),
    );
  }

  async openSteps(party: string, caseName: string): Promise<readonly WorklistStep[]> {
    const caseId = this.caseOf(caseName);
    return (await this.parts.edge.worklist(party)).filter((each) => each.case === caseId);
  }

  /** A reminder stands in the party's view of the case: for this day, to go out at this instant. */
  async reminder(
    party: string,
    caseName: string,
    expected: Pick<ScheduledReminder, 'kind' | 'dueOn' | 'state'> & { remindAt?: Date },
  ): Promise<void> {
    const { kind, dueOn, state, remindAt } = expected;
    let seen: readonly ScheduledReminder[] = [];
    const found = await this.until(async () => {
      seen = (await this.parts.edge.case(party, this.caseOf(caseName))).reminders.filter(
        (each) => each.kind === kind,
      );
      return seen.find(
        (each) =>
          each.dueOn === dueOn &&
          each.state === state &&
          (remindAt === undefined || Date.parse(each.remindAt) === remindAt.getTime()),
      );
    });
    const when = remindAt === undefined ? '' : `, reminder goes out ${londonStamp(remindAt)}`;
    const others = seen.map((each) => `${each.dueOn} at ${each.remindAt} ${each.state}`).join('; ');
    this.check(
      `${kind} of ${dueOn} ${state}${when}`,
      found !== undefined,
      found === undefined ? `there is: ${others || 'none'}` : '',
    );
  }

  /** Runs the clock fast to an instant and says so. */
  async advanceTo(instant: Date): Promise<void> {
    const days = Math.round((instant.getTime() - this.parts.clock.now().getTime()) / 86_400_000);
    this.parts.print(
      `${' '.repeat(18)}… the local clock runs fast: ${days} ${days === 1 ? 'day' : 'days'} to ${londonStamp(instant)}`,
    );
    await this.parts.clock.advanceTo(instant);
  }

  /** The timeline of a message once it is as wanted, for its sender. */
  async timelineUntil(
    message: string,
    isWanted: (timeline: Timeline) => boolean,
  ): Promise<Timeline | undefined> {
    const { id, form } = this.sentAs(message);
    return this.until(async () => {
      const timeline = await this.parts.edge.timeline(form.from, id);
      return timeline !== undefined && isWanted(timeline) ? timeline : undefined;
    });
  }

  personOf(person: string): {
    readonly name: string;
    readonly address: string;
    readonly party: string;
  } {
    const found = this.parts.directory.people.find(({ id }) => id === person);
    if (found === undefined) throw new StoryEnded(`${person} is not in the sample's directory`);
    return found;
  }

  nameOf(person: string): string {
    return this.parts.directory.people.find(({ id }) => id === person)?.name ?? person;
  }

  /** How a person's mail names a case: the office's own reference, else the short one, else (on paper) the mesh's id. */
  async referenceFor(person: string, caseName: string): Promise<string> {
    const caseId = this.caseOf(caseName);
    const { party } = this.personOf(person);
    return (
      this.#references.get(`${party}/${caseId}`) ??
      (await this.#shortReference(party, caseId)) ??
      caseId
    );
  }

  /** In two groups of four, as a mail shows it. A party that is not in the case yet has none. */
  async #shortReference(party: string, caseId: string): Promise<string | undefined> {
    const known = this.#shortReferences.get(caseId);
    if (known !== undefined) return known;
    const view = await this.parts.edge.case(party, caseId).catch(() => undefined);
    const short = view?.shortReference?.replace(/^(.{4})(.{4})$/, '$1-$2');
    if (short !== undefined) this.#shortReferences.set(caseId, short);
    return short;
  }

  #noteReference(party: string, caseId: string, reference: string | undefined): void {
    if (reference !== undefined) this.#references.set(`${party}/${caseId}`, reference);
  }

  /** Asks again until the probe gives something, or the step's time is over: then undefined. */
  async until<T>(probe: () => Promise<T | undefined | false>): Promise<T | undefined> {
    const end = performance.now() + this.parts.stepTimeoutMs;
    for (;;) {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      if (performance.now() >= end) return undefined;
      await delay(askAgainMs);
    }
  }
}
