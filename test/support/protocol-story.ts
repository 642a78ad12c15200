import { deepStrictEqual, notStrictEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { typeOf, type MessageName } from '#libs/contracts/message-table.js';
import { type FormContext, forms, maria, tpr1, tpr2Consent } from './guard-forms.js';
import type { MeshForTest } from './mesh-for-test.js';
import { until } from './until.js';

export const [jcp, spoc, riverside, commonside, pathways, probation] = [
  'jcp_wandsworth',
  'spoc_lsw',
  'trt_riverside',
  'trt_commonside',
  'cp_pathways_yorkshire',
  'probation_lsw',
] as const;

/** Who sends for each party. */
export const actorOf = {
  [jcp]: 'p_wandsworth_adviser_1',
  [spoc]: 'p_spoc_lsw_duty_1',
  [riverside]: 'p_riverside_keyworker_1',
  [commonside]: 'p_commonside_keyworker_1',
  [pathways]: 'p_pathways_adviser_1',
  [probation]: 'p_probation_lsw_officer_1',
} as const;
export type StoryParty = keyof typeof actorOf;

const dayMs = 24 * 3_600_000;
let clients = 500_000;

interface More {
  readonly cites?: string;
  readonly data?: object;
}

/** One client's story over the HTTP edge: a case of their own, each message waited for. */
export class ProtocolStory {
  readonly caseId = randomUUID();
  readonly identity = { ...maria, nino: `QQ${(clients += 1)}A` };

  constructor(private readonly mesh: MeshForTest) {}

  context(party: StoryParty, cites: string): FormContext {
    const now = this.mesh.clock.now();
    return {
      client: this.identity,
      today: now.toISOString().slice(0, 10),
      now: now.toISOString(),
      later: new Date(now.getTime() + 3 * dayMs).toISOString(),
      cites,
      person: actorOf[party],
    };
  }

  /** What the edge answers to a message. */
  async tell(
    from: StoryParty,
    name: MessageName,
    to: string,
    { cites = randomUUID(), data }: More = {},
  ): Promise<{ readonly id: string; readonly state: string; readonly body: object }> {
    const form = { ...forms[name]?.(this.context(from, cites)), ...data };
    const parts = { name, from, actor: actorOf[from], to, case: this.caseId, data: form };
    const message = this.mesh.message(parts);
    const answer = await this.mesh.send(from, message);
    const timeline = (answer.status === 200 ? answer.body : answer.body['verdict']) as
      { state?: string } | undefined;
    const state = timeline?.state ?? `${answer.status}`;
    return { id: message.id, state, body: answer.body };
  }

  /** Sends what has to be cleared; gives its id. */
  async send(from: StoryParty, name: MessageName, to: string, more: More = {}): Promise<string> {
    const told = await this.tell(from, name, to, more);
    deepStrictEqual([typeOf(name), told.state, told.body], [typeOf(name), 'cleared', told.body]);
    return told.id;
  }

  /** Sends what has to be refused; gives the problem. */
  async refused(
    from: StoryParty,
    name: MessageName,
    to: string,
    more: More = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const told = await this.tell(from, name, to, more);
    notStrictEqual(told.state, 'cleared', `${typeOf(name)} was to be refused`);
    return told.body as Record<string, unknown>;
  }

  /** The client agrees to be referred to these. */
  async agreesToReferral(to: readonly string[], by: StoryParty = jcp): Promise<string> {
    return this.send(by, 'consent.recorded', 'mesh', { data: tpr1(this.context(by, ''), to) });
  }

  /** The client agrees that the provider shares with these. */
  async agreesToShare(
    to: readonly string[],
    more: object = {},
    by: StoryParty = riverside,
  ): Promise<string> {
    const data = { ...tpr2Consent(this.context(by, ''), to), ...more };
    return this.send(by, 'consent.recorded', 'mesh', { data });
  }

  /** Open steps of this case on the party's worklist: `step of person`. */
  async steps(party: string, person?: string): Promise<readonly string[]> {
    const { steps } = await this.worklist(party, person);
    return steps.map(({ step, owner }) => `${step} of ${owner}`).toSorted();
  }

  async waiting(party: string): Promise<readonly string[]> {
    const { waiting } = await this.worklist(party);
    return waiting.map(({ answer, counterpart }) => `${answer} from ${counterpart}`).toSorted();
  }

  async step(party: string, name: string): Promise<WorklistStep> {
    const found = await until(`${name} at ${party}`, async () =>
      (await this.worklist(party)).steps.find(({ step }) => step === name),
    );
    return found;
  }

  /** Waits until the party's steps of this case are these, in any order. */
  async settle(party: string, ...steps: readonly string[]): Promise<void> {
    const wanted = [...steps].toSorted();
    let last: readonly string[] = [];
    await until(`${party} has ${wanted.join(', ')}`, async () => {
      last = await this.steps(party);
      return JSON.stringify(last) === JSON.stringify(wanted);
    }).catch(() => undefined);
    deepStrictEqual([party, last], [party, wanted]);
  }

  async done(party: StoryParty, step: string, outcome = 'done'): Promise<void> {
    await this.send(party, 'step.done', 'mesh', { data: { step, outcome } });
  }

  private async worklist(
    party: string,
    person?: string,
  ): Promise<{ readonly steps: readonly WorklistStep[]; readonly waiting: readonly WaitingFor[] }> {
    const query = person === undefined ? '' : `?person=${person}`;
    const { body } = await this.mesh.call(party, `/v1/worklist${query}`);
    const { steps, waiting } = body as { steps?: WorklistStep[]; waiting?: WaitingFor[] };
    const isMine = (row: { readonly case: string }): boolean => row.case === this.caseId;
    return { steps: (steps ?? []).filter(isMine), waiting: (waiting ?? []).filter(isMine) };
  }
}
