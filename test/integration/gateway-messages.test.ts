import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeGuard } from '#test/support/fake-guard.js';
import { GatewayForTest, someReferral } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: FakeGuard;
let gateway: GatewayForTest;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_west', 'trt_acme']);
  guard = await FakeGuard.start(nats);
  gateway = await GatewayForTest.start(nats, ['jcp_west', 'trt_acme']);
});

afterAll(async () => {
  await gateway?.stop();
  await guard?.stop();
  await nats?.stop();
});

beforeEach(() => {
  guard.isSilent = false;
  guard.decide = () => ({ verdict: 'cleared' });
});

const takenTimes = (id: string): number => guard.taken.filter((each) => each.id === id).length;

describe('sending a message', () => {
  it('answers 202 with where to look, and the message is on the road as it was sent', async () => {
    const message = someReferral('jcp_west', 'trt_acme');
    const answer = await gateway.send('jcp_west', JSON.stringify(message, undefined, 4));
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/messages/${message.id}`);
    expect(answer.body).toEqual({ id: message.id, state: 'accepted' });
    await until('the guard takes it', () => takenTimes(message.id) === 1);
    expect(guard.taken.find((each) => each.id === message.id)).toEqual(message);
    const timeline = await until('its timeline', async () => {
      const read = await gateway.as('jcp_west', `/v1/messages/${message.id}`);
      return read.status === 200 ? read.body : undefined;
    });
    expect(timeline).toMatchObject({ id: message.id, state: 'cleared', sender: 'jcp_west' });
    expect(timeline).not.toHaveProperty('ok');
  });

  it('gives the verdict where it is asked to wait', async () => {
    const message = someReferral('jcp_west', 'trt_acme');
    const answer = await gateway.send('jcp_west', message, { prefer: 'respond-async, wait=10' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=10');
    expect(answer.body).toMatchObject({ id: message.id, state: 'cleared' });
  });

  it('answers 202 when the verdict does not fall in time', async () => {
    guard.isSilent = true;
    const answer = await gateway.send('jcp_west', someReferral('jcp_west', 'trt_acme'), {
      prefer: 'wait=0',
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('preference-applied')).toBeNull();
  });

  it('tells a refusal as a problem with the verdict in it, alike whatever lies behind no-consent-on-record', async () => {
    const told = [];
    for (const behind of ['the client withdrew', 'nobody knows the client']) {
      guard.decide = () => ({
        verdict: 'refused',
        reason: 'no-consent-on-record',
        field: 'data.client',
        detail: behind,
      });
      const message = someReferral('jcp_west', 'trt_acme');
      const answer = await gateway.send('jcp_west', message, { prefer: 'wait=10' });
      expect(answer.status).toBe(422);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({
        type: 'urn:throughcare:problem:no-consent-on-record',
        verdict: { id: message.id, state: 'refused' },
      });
      const timeline = await gateway.as('jcp_west', `/v1/messages/${message.id}`);
      expect(answer.text + timeline.text).not.toContain(behind);
      const { verdict: _verdict, ...rest } = answer.body;
      told.push(rest);
    }
    expect(told[0]).toEqual(told[1]);
  });

  it('names the field of another refusal', async () => {
    guard.decide = () => ({
      verdict: 'refused',
      reason: 'identity-mismatch',
      field: 'data.client.nino',
      detail: 'the NI number is on record with another date of birth',
    });
    const answer = await gateway.send('jcp_west', someReferral('jcp_west', 'trt_acme'), {
      prefer: 'wait=10',
    });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      type: 'urn:throughcare:problem:identity-mismatch',
      errors: [{ field: 'data.client.nino' }],
    });
  });

  it('tells nothing of the messages of others', async () => {
    const message = someReferral('jcp_west', 'trt_acme');
    await gateway.send('jcp_west', message, { prefer: 'wait=10' });
    for (const id of [message.id, 'not-an-id']) {
      const answer = await gateway.as('trt_acme', `/v1/messages/${id}`);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:not-found' });
    }
  });
});

describe('a repeated id', () => {
  it('answers as the first time when the message is the same, and travels once', async () => {
    const message = someReferral('jcp_west', 'trt_acme');
    const { data, ...envelope } = message;
    const sameInOtherWords = JSON.stringify({ data, ...envelope }, undefined, 2);
    const answers = await Promise.all([
      gateway.send('jcp_west', message),
      gateway.send('jcp_west', sameInOtherWords),
      gateway.send('jcp_west', message),
    ]);
    await until('the guard takes it', () => takenTimes(message.id) > 0);
    answers.push(await gateway.send('jcp_west', sameInOtherWords));
    for (const { status, body } of answers)
      expect({ status, body }).toEqual({
        status: 202,
        body: { id: message.id, state: 'accepted' },
      });
    expect((await gateway.send('jcp_west', message, { prefer: 'wait=10' })).body).toMatchObject({
      state: 'cleared',
    });
    expect(takenTimes(message.id)).toBe(1);
  });

  it('is 409 with another body, before it is decided and after, and by the word of the guard when the gateway is a new one', async () => {
    const message = someReferral('jcp_west', 'trt_acme');
    const other = { ...message, actor: 'p_adviser_2' };
    const [first, second] = await Promise.all([
      gateway.send('jcp_west', message),
      gateway.send('jcp_west', other),
    ]);
    expect(new Set([first.status, second.status])).toEqual(new Set([202, 409]));
    await until('the guard takes it', () => takenTimes(message.id) === 1);
    const again = await gateway.send('jcp_west', other);
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      type: 'urn:throughcare:problem:id-reused',
      errors: [{ field: 'id' }],
    });
    const fresh = await GatewayForTest.start(nats, ['jcp_west']);
    expect((await fresh.send('jcp_west', other)).status).toBe(409);
    expect((await fresh.send('jcp_west', message)).status).toBe(202);
    expect(takenTimes(message.id)).toBe(1);
    await fresh.stop();
  });

  it('goes on within a second or so when the guard does not answer', async () => {
    guard.isSilent = true;
    const began = performance.now();
    const answer = await gateway.send('jcp_west', someReferral('jcp_west', 'trt_acme'));
    expect(answer.status).toBe(202);
    expect(performance.now() - began).toBeLessThan(4_500);
  });
});

describe('asking', () => {
  it('passes worklists, cases and consents through in the agreed shape', async () => {
    const step = {
      case: '018f3b6e-7b1c-4c0e-9d3a-1f2e3d4c5b6a',
      step: 'seek-consent',
      party: 'jcp_west',
      owner: 'p_a',
      deputy: 'p_b',
      openedAt: '2026-03-02T10:00:00Z',
      dueOn: '2026-03-16',
      overdue: false,
      escalation: 'owner',
      cause: '018f3b6e-7b1c-7c0e-9d3a-1f2e3d4c5b6a',
    };
    guard.answers['worklist'] = (party) => ({ steps: party === 'jcp_west' ? [step] : [] });
    guard.answers['case'] = (_party, { case: id }) => ({
      case: id,
      messages: [],
      steps: [step],
      waiting: [],
      reminders: [],
      mails: [],
      secret: 1,
    });
    guard.answers['consents'] = () => ({ consents: 'not a list' });
    expect((await gateway.as('jcp_west', '/v1/worklist')).body).toEqual({
      steps: [step],
      waiting: [],
    });
    expect((await gateway.as('trt_acme', '/v1/worklist')).body).toEqual({
      steps: [],
      waiting: [],
    });
    const view = await gateway.as('jcp_west', `/v1/cases/${step.case}`);
    expect(view.body).toEqual({
      case: step.case,
      messages: [],
      steps: [step],
      waiting: [],
      reminders: [],
      mails: [],
      notHad: [],
    });
    const broken = await gateway.as('jcp_west', `/v1/cases/${step.case}/consents`);
    expect(broken.status).toBe(500);
    expect(broken.body).toMatchObject({ type: 'urn:throughcare:problem:internal' });
    guard.answers['consents'] = () => undefined;
    expect((await gateway.as('jcp_west', `/v1/cases/${step.case}/consents`)).status).toBe(404);
    expect((await gateway.as('jcp_west', '/v1/cases/nonsense')).status).toBe(404);
  });

  it('asks what a consent would let out, and whether a DPA1 is current', async () => {
    const asked: object[] = [];
    guard.answers['try'] = (_party, payload) => {
      asked.push(payload);
      return { messages: [] };
    };
    guard.answers['dpa1'] = () => ({ current: true, until: '2026-12-31' });
    const post = (body: string, type: string) =>
      gateway.as('jcp_west', '/v1/consents/try', {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
    const tried = await post('{"consent":{"form":"DPA1"}}', 'application/json');
    expect([tried.status, tried.body, asked]).toEqual([
      200,
      { messages: [] },
      [{ consent: { form: 'DPA1' } }],
    ]);
    expect((await post('{}', 'application/cloudevents+json')).status).toBe(415);
    expect((await post('[]', 'application/json')).body).toMatchObject({
      type: 'urn:throughcare:problem:malformed-json',
    });
    expect((await post('{', 'application/json')).status).toBe(400);
    expect((await gateway.as('jcp_west', '/v1/consents/try')).status).toBe(405);
    const dpa1 = await gateway.as(
      'jcp_west',
      '/v1/cases/018f3b6e-7b1c-4c0e-9d3a-1f2e3d4c5b6a/dpa1',
    );
    expect(dpa1.body).toEqual({ current: true, until: '2026-12-31' });
  });

  it('asks for the parties one may write to, for whom to refer to next, and for one person’s steps', async () => {
    const asked: Record<string, unknown>[] = [];
    guard.answers['parties'] = (_party, payload) => {
      asked.push(payload);
      return { parties: [] };
    };
    guard.answers['next-providers'] = (_party, payload) => {
      asked.push(payload);
      return { parties: [] };
    };
    guard.answers['worklist'] = (_party, payload) => {
      asked.push(payload);
      return { steps: [], waiting: [] };
    };
    const caseId = '018f3b6e-7b1c-4c0e-9d3a-1f2e3d4c5b6a';
    const parties = await gateway.as(
      'jcp_west',
      '/v1/parties?district=west-yorkshire&kind=treatment-provider',
    );
    const next = await gateway.as('jcp_west', `/v1/cases/${caseId}/next-providers`);
    const mine = await gateway.as('jcp_west', '/v1/worklist?person=p_west_adviser');
    expect([parties.status, next.body, mine.body]).toEqual([
      200,
      { parties: [] },
      { steps: [], waiting: [] },
    ]);
    expect(asked).toEqual([
      { district: 'west-yorkshire', kind: 'treatment-provider' },
      { case: caseId },
      { person: 'p_west_adviser' },
    ]);
    const wrong = await gateway.as('jcp_west', '/v1/parties?kind=school');
    expect([wrong.status, wrong.body['errors']]).toMatchObject([400, [{ field: 'kind' }]]);
    expect((await gateway.as('jcp_west', '/v1/worklist?person=Mr%20Sample')).status).toBe(400);
  });

  it('gives the sender of a message the proof of its decision', async () => {
    const id = '018f3b6e-7b1c-7c0e-9d3a-1f2e3d4c5b6a';
    const proof = { index: 3, entry: '{}', proof: ['AA=='], checkpoint: 'origin\n4\n' };
    guard.answers['proof'] = (_party, payload) => (payload['id'] === id ? proof : undefined);
    expect((await gateway.as('jcp_west', `/v1/messages/${id}/proof`)).body).toEqual(proof);
    const other = id.replace('a', 'b');
    expect((await gateway.as('jcp_west', `/v1/messages/${other}/proof`)).status).toBe(404);
    expect((await gateway.as('jcp_west', `/v1/messages/${id}/proof?ordinal=x`)).status).toBe(400);
  });

  it('answers 504 when the mesh does not', async () => {
    guard.isSilent = true;
    const answer = await gateway.as('jcp_west', '/v1/worklist');
    expect(answer.status).toBe(504);
    expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:answer-timeout' });
  });
});
