import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorklistStep } from '#libs/contracts/ask.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import {
  type FormContext,
  forms,
  maria,
  tpr1,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';
import { type CloudEvent, MeshForTest } from '#test/support/mesh-for-test.js';
import { allow } from '#test/support/pace.js';
import { until } from '#test/support/until.js';
import { waitingDeliveries } from '#test/support/waiting-deliveries.js';

/*
 * The notifier is not started, so that all notices that the guard let out wait for it and can be counted; nobody collects
 * from an inbox unless the test does.
 */

const [jcp, riverside, spoc] = ['jcp_wandsworth', 'trt_riverside', 'spoc_lsw'] as const;
const actors = {
  [jcp]: 'p_wandsworth_adviser_1',
  [riverside]: 'p_riverside_keyworker_1',
  [spoc]: 'p_spoc_lsw_duty_1',
} as const;
type Party = keyof typeof actors;
const leader = 'p_wandsworth_ptl';

let mesh: MeshForTest;
let clients = 100_000;

beforeAll(async () => {
  mesh = await MeshForTest.start({ scale: { 'consent-guard': 2 }, without: ['notifier'] });
}, allow(120_000));
afterAll(() => mesh?.stop());

/** A client nobody has seen before, with a case. */
class Client {
  readonly caseId = randomUUID();
  readonly identity = { ...maria, nino: `QQ${(clients += 1)}A` };

  context(party: Party, cites: string): FormContext {
    const now = mesh.clock.now();
    const later = new Date(now.getTime() + 3 * 24 * 3_600_000).toISOString();
    return {
      client: this.identity,
      today: now.toISOString().slice(0, 10),
      now: now.toISOString(),
      later,
      cites,
      person: actors[party],
    };
  }

  message(
    from: Party,
    name: MessageName,
    to: string,
    { cites = randomUUID(), data }: { cites?: string; data?: object } = {},
  ): CloudEvent {
    const form = { ...(data ?? forms[name]?.(this.context(from, cites))) };
    return mesh.message({ name, from, actor: actors[from], to, case: this.caseId, data: form });
  }

  /** Sends it and checks its verdict. Gives the id. */
  async send(from: Party, message: CloudEvent, state = 'cleared'): Promise<string> {
    const answer = await mesh.send(from, message);
    const timeline = (answer.status === 200 ? answer.body : answer.body['verdict']) as
      { state?: string } | undefined;
    if (timeline?.state !== state)
      throw new Error(`${String(message['type'])} is ${timeline?.state}, not ${state}`);
    return message.id;
  }

  async agreesToShare(): Promise<void> {
    const data = tpr2Consent(this.context(riverside, ''), [jcp]);
    await this.send(riverside, this.message(riverside, 'consent.recorded', 'mesh', { data }));
  }

  async withdraws(
    from: Party,
    form: 'TPR1' | 'TPR2',
    keep: readonly string[] = [],
  ): Promise<string> {
    const data = withdrawal(this.context(from, ''), form, keep);
    return this.send(from, this.message(from, 'consent.withdrawn', 'mesh', { data }));
  }

  async inbox(party: Party): Promise<readonly Record<string, unknown>[]> {
    return (await mesh.edge().collect(party, 1)).filter((each) => each['case'] === this.caseId);
  }

  async steps(party: Party): Promise<readonly string[]> {
    const { body } = await mesh.call(party, '/v1/worklist');
    return (body['steps'] as WorklistStep[])
      .filter((each) => each.case === this.caseId)
      .map(({ step, owner }) => `${step} of ${owner}`);
  }

  /** By which every notice about the case names it. A single case is not asked for: its view waits for the notifier. */
  async shortReference(): Promise<string> {
    for (const party of [riverside, jcp]) {
      const { body } = await mesh.call(party, '/v1/cases');
      const cases = body['cases'] as readonly { case: string; shortReference: string }[];
      const own = cases.find((each) => each.case === this.caseId);
      if (own !== undefined) return own.shortReference;
    }
    throw new Error('neither side knows the case');
  }

  /** Notices about the case that wait for the notifier, by kind and person. */
  async notices(): Promise<readonly string[]> {
    const short = await this.shortReference();
    return (await waitingDeliveries(mesh, 'svc_notifier')).flatMap(({ type, data }) => {
      const isOurs = type === 'throughcare.notice.requested.v1' && data['shortReference'] === short;
      return isOurs ? [`${String(data['kind'])} to ${String(data['person'])}`] : [];
    });
  }
}

const stateOf = async (party: Party, id: string): Promise<string> => {
  const { body } = await mesh.call(party, `/v1/messages/${id}`);
  return `${String(body['state'])}${body['collected'] === true ? ', collected' : ''}`;
};
const instruction = {
  type: 'throughcare.instruction.stop-using.v1',
  data: { what: 'stop-using-and-take-off-the-record' },
};

describe('a withdrawal, with two guards', () => {
  it('stops what the recipient has not collected: it never learns that there was something', async () => {
    const client = new Client();
    await client.agreesToShare();
    const tpr2 = await client.send(riverside, client.message(riverside, 'tpr2.shared', jcp));
    await until('the leader has something to do', async () =>
      (await client.steps(jcp)).includes(`note-receipt of ${leader}`),
    );
    await until('a notice waits', async () =>
      (await client.notices()).includes(`employment-information-received to ${leader}`),
    );

    await client.withdraws(riverside, 'TPR2');
    expect(await client.inbox(jcp)).toEqual([]);
    expect(await stateOf(riverside, tpr2)).toBe('stopped');
    expect(await client.notices()).toEqual([]);
    expect((await mesh.call(jcp, `/v1/messages/${tpr2}`)).status).toBe(404);
    await until(
      'nothing is left to do about it',
      async () => (await client.steps(jcp)).length === 0,
    );
    expect(await client.inbox(jcp)).toEqual([]);
  });

  it('tells who has collected to stop using it, once, and nothing else', async () => {
    const client = new Client();
    await client.agreesToShare();
    const tpr2 = await client.send(riverside, client.message(riverside, 'tpr2.shared', jcp));
    const [collected] = await until('it is there', async () => {
      const inbox = await client.inbox(jcp);
      return inbox.length > 0 ? inbox : undefined;
    });
    expect(collected).toMatchObject({ id: tpr2 });

    await client.withdraws(riverside, 'TPR2');
    const after = await client.inbox(jcp);
    expect(after).toMatchObject([instruction]);
    expect(JSON.stringify(after)).not.toContain(client.identity.surname);
    expect(await stateOf(riverside, tpr2)).toBe('cleared, collected');
    await until('the leader is told', async () =>
      (await client.notices()).includes(`stop-using to ${leader}`),
    );
    expect(await client.notices()).not.toContain(`employment-information-received to ${leader}`);
    await until(
      'the leader has to take it off',
      async () => (await client.steps(jcp)).join() === `stop-using of ${leader}`,
    );

    // The same said again changes nothing.
    await client.withdraws(riverside, 'TPR2');
    expect(await client.inbox(jcp)).toEqual([]);
  });

  it('counts as collected what was taken and not yet acknowledged', async () => {
    const client = new Client();
    await client.agreesToShare();
    const tpr2 = await client.send(riverside, client.message(riverside, 'tpr2.shared', jcp));
    const { body } = await mesh.call(jcp, '/v1/inbox?wait=5');
    expect((body['messages'] as { id: string }[]).map(({ id }) => id)).toEqual([tpr2]);
    await client.withdraws(riverside, 'TPR2');
    expect(await stateOf(riverside, tpr2)).toBe('cleared, collected');
    // It may be at work on that: the instruction comes when it is done with it, or its time is over.
    expect(await client.inbox(jcp)).toEqual([]);
    expect((await mesh.call(jcp, `/v1/inbox/${tpr2}/ack`, { method: 'POST' })).status).toBe(204);
    expect(await client.inbox(jcp)).toMatchObject([instruction]);
  });

  it('lets nothing out afterwards under that consent, in either direction, nor a notice of what came before', async () => {
    const client = new Client();
    await client.agreesToShare();
    const tpr2 = await client.send(riverside, client.message(riverside, 'tpr2.shared', jcp));
    const request = await client.send(
      riverside,
      client.message(riverside, 'review.requested', jcp),
    );
    await until('both are collected', async () => (await client.inbox(jcp)).length > 0);
    await client.withdraws(riverside, 'TPR2', ['exit-notice']);
    await client.inbox(jcp);
    await until('the instruction has its notice', async () =>
      (await client.notices()).includes(`stop-using to ${leader}`),
    );

    await client.send(riverside, client.message(riverside, 'tpr2.shared', jcp), 'refused');
    await client.send(riverside, client.message(riverside, 'review.requested', jcp), 'refused');
    await client.send(
      jcp,
      client.message(jcp, 'tpr2.receipt-noted', riverside, { cites: tpr2 }),
      'refused',
    );
    await client.send(
      jcp,
      client.message(jcp, 'review.offered', riverside, { cites: request }),
      'refused',
    );
    await client.send(jcp, client.message(jcp, 'claim.change-told', riverside), 'refused');
    expect(await client.inbox(jcp)).toEqual([]);
    expect(await client.inbox(riverside)).toEqual([]);

    await mesh.clock.advanceTo(new Date(mesh.clock.now().getTime() + 7 * 24 * 3_600_000));
    await until('the step is overdue', async () =>
      (await client.notices()).includes(`step-overdue to ${leader}`),
    );
    const told = (await client.notices()).filter((notice) => notice.includes('p_wandsworth'));
    expect(new Set(told.map((notice) => notice.split(' ')[0]))).toEqual(
      new Set(['stop-using', 'step-overdue', 'ask-taker']),
    );
    await client.send(riverside, client.message(riverside, 'exit.notified', jcp));
  });

  it('stops what waits for a route, and the route that comes afterwards finds nothing', async () => {
    const client = new Client();
    const data = tpr1(
      client.context(jcp, ''),
      [spoc, riverside],
      'lambeth-southwark-and-wandsworth',
    );
    await client.send(jcp, client.message(jcp, 'consent.recorded', 'mesh', { data }));
    const router = mesh.mesh.services.get('referral-router');
    router?.signal('SIGSTOP');
    const toArea = client.message(
      jcp,
      'referral.requested',
      'area:lambeth-southwark-and-wandsworth/treatment',
    );
    const referral = await client.send(jcp, toArea, 'waiting');
    await client.withdraws(jcp, 'TPR1');
    expect(await stateOf(jcp, referral)).toBe('stopped');
    router?.signal('SIGCONT');

    // The router answers messages in their order: once the next one has its route, the withdrawn one's has been judged.
    const next = new Client();
    const agreed = tpr1(
      next.context(jcp, ''),
      [spoc, riverside],
      'lambeth-southwark-and-wandsworth',
    );
    await next.send(jcp, next.message(jcp, 'consent.recorded', 'mesh', { data: agreed }));
    await next.send(
      jcp,
      next.message(jcp, 'referral.requested', 'area:lambeth-southwark-and-wandsworth/treatment'),
      'waiting',
    );
    await until(
      'the next referral is routed',
      async () => (await next.inbox(spoc)).length === 1,
      45_000,
    );
    expect(await stateOf(jcp, referral)).toBe('stopped');
    expect(await client.inbox(spoc)).toEqual([]);
    expect(await client.notices()).toEqual([]);
    const { body } = await mesh.call(jcp, `/v1/messages/${referral}`);
    expect(body['records']).toMatchObject([
      { verdict: 'waiting' },
      { verdict: 'stopped', reason: 'withdrawn' },
    ]);
  });

  it('holds against a burst of messages under way, recorded by the other party', async () => {
    const client = new Client();
    await client.agreesToShare();
    const first = await client.send(riverside, client.message(riverside, 'tpr2.shared', jcp));
    const burst = Array.from({ length: 60 }, () => client.message(riverside, 'tpr2.shared', jcp));
    const sending = burst.map((message) =>
      mesh.call(riverside, '/v1/messages', {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(message),
      }),
    );
    await Promise.race(sending);
    await client.withdraws(jcp, 'TPR2');
    const seen = [...(await client.inbox(jcp))];
    expect(new Set((await Promise.all(sending)).map(({ status }) => status))).toEqual(
      new Set([202]),
    );
    const ids = [first, ...burst.map(({ id }) => id)];
    const states: unknown[] = [];
    for (const id of ids) {
      states.push(
        await until('it is decided', async () => {
          const { status, body } = await mesh.call(riverside, `/v1/messages/${id}`);
          return status === 200 && body['state'] !== 'undecided' && body['state'];
        }),
      );
    }
    seen.push(...(await client.inbox(jcp)));
    expect(seen).toEqual([]);
    // Nothing came; but the other party recorded it, so to their sender those that were in time stand as they were cleared.
    expect(new Set(states)).toEqual(
      new Set(states.includes('refused') ? ['cleared', 'refused'] : ['cleared']),
    );
  });
});
