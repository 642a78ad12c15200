import { randomUUID } from 'node:crypto';
import {
  type ScheduledReminder,
  type WaitingFor,
  type WorklistStep,
  consentsReply,
  dpa1Reply,
  worklistReply,
} from '#libs/contracts/ask.js';
import { type WholeCase, caseReply, isWholeCase } from '#libs/contracts/ask-case.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { StepOutcome } from '#libs/contracts/step-outcomes.js';
import type { StepName } from '#libs/contracts/steps.js';
import {
  dpa1,
  forms,
  type FormContext,
  maria,
  tpr1,
  tpr2Consent,
  withdrawal,
} from './guard-forms.js';
import type { ReadMail } from './protocol-mail.js';
import type { ProtocolTown } from './protocol-town.js';
import { until } from './until.js';

type Form = Readonly<Record<string, unknown>>;

/** States of a message that the guard let go on its way. */
const passed: readonly string[] = ['cleared', 'cleared-in-part', 'waiting'];

/** What the mesh answered to a message that it did not let pass, or did not take. */
export interface Refusal {
  readonly id: string;
  readonly status: number;
  readonly reason: string;
  readonly detail: string;
  readonly field: string | undefined;
}

/**
 * One client's story over the HTTP edge. A sender is a party, or a person (`p_…`), who then acts for their party. What is sent has the
 * usual full form of its type where the story gives no other.
 */
export class ProtocolStory {
  readonly caseId = randomUUID();
  readonly client;

  constructor(
    private readonly town: ProtocolTown,
    number: number,
  ) {
    this.client = { ...maria, nino: `QQ${String(300_000 + number)}A` };
  }

  /** Sends a message that must pass. @returns its id */
  async send(from: string, name: MessageName, to: string, data: Form = {}): Promise<string> {
    const { id, answer } = await this.#put(from, name, to, data);
    const timeline = (answer.status === 200 ? answer.body : answer.body['verdict']) as
      { readonly state?: string } | undefined;
    if (!passed.includes(timeline?.state ?? ''))
      throw new Error(`${name} of ${from} did not pass: ${timeline?.state ?? answer.text}`);
    return id;
  }

  /** Sends a message that must not pass. */
  async refused(from: string, name: MessageName, to: string, data: Form = {}): Promise<Refusal> {
    const { id, answer } = await this.#put(from, name, to, data);
    const {
      type = '',
      detail = '',
      errors,
    } = answer.body as {
      readonly type?: string;
      readonly detail?: string;
      readonly errors?: readonly { readonly field?: string }[];
    };
    if (answer.status < 400) throw new Error(`${name} of ${from} passed`);
    const reason = type.slice(type.lastIndexOf(':') + 1);
    return { id, status: answer.status, reason, detail, field: errors?.[0]?.field };
  }

  /** The owner says how an open step ended. */
  done(from: string, step: StepName, outcome: StepOutcome = 'done'): Promise<string> {
    return this.send(from, 'step.done', 'mesh', { step, outcome });
  }

  dpa1(from: string, more: Form = {}, to?: readonly string[]): Promise<string> {
    const data = { ...dpa1(this.#context(from), to), ...more };
    return this.send(from, 'consent.recorded', 'mesh', data);
  }

  /** `to`: the parties named to the client; `more` as the form has it, a role in an area included. */
  tpr1(from: string, to: readonly string[], more: Form = {}): Promise<string> {
    const data = { ...tpr1(this.#context(from), to), ...more };
    return this.send(from, 'consent.recorded', 'mesh', data);
  }

  tpr2(from: string, to: readonly string[], more: Form = {}): Promise<string> {
    const data = { ...tpr2Consent(this.#context(from), to), ...more };
    return this.send(from, 'consent.recorded', 'mesh', data);
  }

  withdraw(
    from: string,
    form: 'DPA1' | 'TPR1' | 'TPR2',
    keep?: readonly string[],
  ): Promise<string> {
    return this.send(
      from,
      'consent.withdrawn',
      'mesh',
      withdrawal(this.#context(from), form, keep),
    );
  }

  /** Open steps of the case on the party's list. */
  async steps(party: string): Promise<readonly WorklistStep[]> {
    return (await this.#worklist(party)).steps.filter((each) => each.case === this.caseId);
  }

  /** The step, once it is on the party's list and as wanted. */
  step(party: string, step: StepName, wanted: Partial<WorklistStep> = {}): Promise<WorklistStep> {
    return until(`${step} ${JSON.stringify(wanted)} is on the list of ${party}`, async () => {
      const rows = (await this.steps(party)).filter((each) => each.step === step);
      const found = rows.find((row) => isLike(row, wanted));
      if (found === undefined && rows.length > 0) throw new Error(JSON.stringify(rows));
      return found;
    });
  }

  async gone(party: string, step: StepName): Promise<void> {
    await until(`${step} is off the list of ${party}`, async () =>
      (await this.steps(party)).every((each) => each.step !== step),
    );
  }

  /** Nobody there has anything left to do in the case. */
  async settled(...parties: readonly string[]): Promise<void> {
    for (const party of parties)
      await until(`${party} has nothing left to do`, async () => {
        const left = (await this.steps(party)).map(({ step, owner }) => `${step} of ${owner}`);
        if (left.length > 0) throw new Error(left.join(', '));
        return true;
      });
  }

  async waiting(party: string): Promise<readonly WaitingFor[]> {
    return (await this.#worklist(party)).waiting.filter((each) => each.case === this.caseId);
  }

  waitsFor(party: string, answer: WaitingFor['answer']): Promise<WaitingFor> {
    return until(`${party} waits for ${answer}`, async () =>
      (await this.waiting(party)).find((each) => each.answer === answer),
    );
  }

  /** What the party collected about the case so far. */
  async inbox(party: string): Promise<readonly Form[]> {
    return (await this.town.collect(party)).filter((each) => each['case'] === this.caseId);
  }

  /** The message as its recipient got it. */
  delivered(party: string, id: string): Promise<Form> {
    return until(`${party} has ${id}`, async () =>
      (await this.town.collect(party, 1)).find((each) => each['id'] === id),
    );
  }

  async case(party: string): Promise<WholeCase> {
    const { body } = await this.town.mesh.call(party, `/v1/cases/${this.caseId}`);
    const view = caseReply.parse(body);
    if (!isWholeCase(view))
      throw new Error(`${party} has no ${view.notHad.join(', ')} of the case`);
    return view;
  }

  /** By which mails and the telephone name the case. */
  async shortReference(party: string): Promise<string> {
    const { shortReference } = await this.case(party);
    if (shortReference === undefined) throw new Error(`${party} has no reference of the case`);
    return shortReference;
  }

  async mayRecord(party: string): Promise<boolean> {
    const { body } = await this.town.mesh.call(party, `/v1/cases/${this.caseId}/dpa1`);
    return dpa1Reply.parse(body).current;
  }

  async consents(party: string): Promise<ReturnType<typeof consentsReply.parse>> {
    const { body } = await this.town.mesh.call(party, `/v1/cases/${this.caseId}/consents`);
    return consentsReply.parse(body);
  }

  async reminders(
    party: string,
    kind: ScheduledReminder['kind'],
  ): Promise<readonly ScheduledReminder[]> {
    return (await this.case(party)).reminders.filter((each) => each.kind === kind);
  }

  /** The reminder, once it stands so. */
  reminder(
    party: string,
    kind: ScheduledReminder['kind'],
    wanted: Partial<ScheduledReminder>,
  ): Promise<ScheduledReminder> {
    return until(`${kind} of ${party} is ${JSON.stringify(wanted)}`, async () =>
      (await this.reminders(party, kind)).find((each) => isLike(each, wanted)),
    );
  }

  /** Kinds of mail about the case that this person was sent. */
  async mailKinds(person: string): Promise<readonly string[]> {
    const { party } = this.town.person(person);
    const { mails } = await this.case(party);
    return mails
      .filter((mail) => mail.person === person && mail.state === 'accepted')
      .map(({ kind }) => kind);
  }

  /** The mail has gone out to this person, `times` times. */
  async mailed(person: string, kind: NoticeKind, times = 1): Promise<void> {
    await until(`${person} was mailed ${kind} (${times})`, async () => {
      const kinds = await this.mailKinds(person);
      return kinds.filter((each) => each === kind).length >= times;
    });
  }

  /** What the person can read in their newest mail that says this, opened with their own key. */
  letter(person: string, words: string | RegExp): Promise<ReadMail> {
    const { address } = this.town.person(person);
    return until(`${person} reads ${String(words)}`, async () =>
      (await this.town.mail.of(address)).findLast(({ subject, text }) => {
        const whole = `${subject}\n${text.replaceAll('\n', ' ')}`;
        return typeof words === 'string' ? whole.includes(words) : words.test(whole);
      }),
    );
  }

  async #worklist(party: string): Promise<ReturnType<typeof worklistReply.parse>> {
    const { body } = await this.town.mesh.call(party, '/v1/worklist');
    return worklistReply.parse(body);
  }

  async #put(from: string, name: MessageName, to: string, data: Form) {
    const { party, actor } = this.#sender(from);
    const { cites = '', ...given } = data as Form & { readonly cites?: string };
    const usual = forms[name]?.({ ...this.#context(from), cites }) ?? {};
    const form = name.startsWith('consent.') ? given : { ...usual, ...given };
    const message = this.town.mesh.message({
      name,
      from: party,
      actor,
      to,
      case: this.caseId,
      data: form,
    });
    return { id: message.id, answer: await this.town.mesh.send(party, message) };
  }

  #sender(from: string): { readonly party: string; readonly actor: string } {
    if (from.startsWith('p_')) return { party: this.town.person(from).party, actor: from };
    const party = this.town.directory.parties.find(({ id }) => id === from);
    if (party === undefined) throw new Error(`${from} is not in the sample's directory`);
    return { party: from, actor: party.dutyPerson };
  }

  #context(from: string): FormContext {
    return {
      client: this.client,
      today: this.town.today,
      now: this.town.now.toISOString(),
      later: this.town.at(3).toISOString(),
      cites: '',
      person: this.#sender(from).actor,
    };
  }
}

const isLike = <Row extends object>(row: Row, wanted: Partial<Row>): boolean =>
  Object.entries(wanted).every(([name, value]) => row[name as keyof Row] === value);
