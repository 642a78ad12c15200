import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { effectId, ownEffectId } from '#libs/contracts/message-id.js';
import { readMessage } from '#libs/contracts/read-message.js';
import { allow } from '#test/support/pace.js';
import { RemindersWorld } from '#test/support/reminders-world.js';
import { until } from '#test/support/until.js';

let world: RemindersWorld;
beforeAll(async () => {
  world = await RemindersWorld.start('2026-03-02T09:00:00.000Z');
});
afterAll(() => world.stop());
afterEach(async () => {
  await Promise.all(world.instances.splice(0).map((instance) => instance.stop()));
  await world.setClock('2026-03-02T09:00:00.000Z');
});

const agreed = { agreedOn: '2026-03-02' };
const sentFor = (anchor: string) => world.sent.filter(({ data }) => data['anchor'] === anchor);
const delayed = () => world.withQueue((queue) => queue.getDelayedCount());

describe('reminders', () => {
  it('puts a reminder out on time, over the road, and schedules the next of the series', async () => {
    const instance = await world.run();
    const caseId = randomUUID();
    const anchor = await world.tell('careplan.agreed', caseId, agreed);
    const [first] = await world.scheduleBecomes(caseId, ['care-plan-review 1 scheduled']);
    expect(first).toMatchObject({
      case: caseId,
      party: 'tp_one',
      anchor,
      dueOn: '2026-05-25',
      remindAt: '2026-05-18T08:00:00.000Z',
    });

    await world.setClock('2026-05-18T07:59:58.000Z');
    const message = await until('the reminder goes out', () => sentFor(anchor)[0]);
    expect(message.id).toBe(
      ownEffectId('svc_reminders', anchor, 'reminder-due:care-plan-review', 1),
    );
    expect(message.data).toEqual({
      reminder: first?.reminder,
      kind: 'care-plan-review',
      anchor,
      dueOn: '2026-05-25',
      occurrence: 1,
    });
    expect(readMessage(message, Date.parse(message.time))).toMatchObject({ ok: true });
    // By its timer, not by the upkeep, which leaves it 5 s.
    expect(
      message.time >= '2026-05-18T08:00:00.000Z' && message.time < '2026-05-18T08:00:04.000Z',
    ).toBe(true);
    await world.scheduleBecomes(caseId, ['care-plan-review 1 due', 'care-plan-review 2 scheduled']);

    instance.signal('SIGTERM');
    const [exit] = await new Promise<[unknown]>((resolve) =>
      instance.events.once('exit', (...args) => resolve(args)),
    );
    expect(exit).toMatchObject({ code: 0 });
  });

  it('stops treatment timers at an exit and runs the claim’s on, and keeps the provider’s series over a withdrawal', async () => {
    await world.run();
    const caseId = randomUUID();
    await world.tell('careplan.agreed', caseId, agreed);
    await world.tell('consent.recorded', caseId, {
      form: 'TPR2',
      decision: 'given',
      validUntil: '2027-03-02',
    });
    await world.tell('claim.started', caseId, { benefit: 'jsa', startedOn: '2026-03-02' });
    await world.tell(
      'review.accepted',
      caseId,
      { startsAt: '2026-04-07T10:00:00Z' },
      { cause: randomUUID() },
    );
    const claims = ['claim-interview-13 1 scheduled', 'claim-interview-26 1 scheduled'];
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 scheduled',
      'consent-lapse 1 scheduled',
      'review-appointment 1 scheduled',
      ...claims,
    ]);
    await world.tell('consent.withdrawn', caseId, { form: 'TPR2' });
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 scheduled',
      'consent-lapse 1 cancelled',
      'review-appointment 1 cancelled',
      ...claims,
    ]);
    await world.tell(
      'exit.notified',
      caseId,
      { exit: 'unplanned', on: '2026-04-01' },
      { to: 'jcp_one' },
    );
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 cancelled',
      'consent-lapse 1 cancelled',
      'review-appointment 1 cancelled',
      ...claims,
    ]);
    await world.tell('claim.ended', caseId, { endedOn: '2026-04-10' });
    await until('the interviews are cancelled', async () =>
      (await world.schedule(caseId)).every(({ state }) => state === 'cancelled'),
    );
  });

  it('puts back what a timer woke too early, and what is over wakes nobody', async () => {
    await world.run();
    const [caseId, over] = [randomUUID(), randomUUID()];
    const anchor = await world.tell('careplan.agreed', caseId, agreed);
    const overAnchor = await world.tell('careplan.agreed', over, agreed);
    const [reminder] = await world.scheduleBecomes(caseId, ['care-plan-review 1 scheduled']);
    const [cancelled] = await world.scheduleBecomes(over, ['care-plan-review 1 scheduled']);
    await world.tell('exit.recorded', over, { exit: 'planned', on: '2026-03-02' });
    await world.scheduleBecomes(over, ['care-plan-review 1 cancelled']);
    await world.withQueue(async (queue) => {
      const job = await until('the timer is set', () => queue.getJob(reminder?.reminder ?? ''));
      // As a worker whose clock is weeks ahead would take it.
      await job.promote();
      await until(
        'it is put back',
        async () =>
          (await job.getState()) === 'delayed' && (await queue.getJob(job.id ?? ''))?.delay,
      );
      const other = await until('the other timer is set', () =>
        queue.getJob(cancelled?.reminder ?? ''),
      );
      await other.promote();
      await until(
        'it is gone',
        async () => (await queue.getJob(cancelled?.reminder ?? '')) === undefined,
      );
    });
    expect([...sentFor(anchor), ...sentFor(overAnchor)]).toEqual([]);
    await world.scheduleBecomes(caseId, ['care-plan-review 1 scheduled']);
  });

  it('goes out once when the clock jumps far ahead, and not again when it is set back', async () => {
    await world.run();
    const caseId = randomUUID();
    const anchor = await world.tell('careplan.agreed', caseId, agreed);
    await world.scheduleBecomes(caseId, ['care-plan-review 1 scheduled']);
    await world.setClock('2027-01-01T00:00:00.000Z');
    await world.scheduleBecomes(caseId, ['care-plan-review 1 due', 'care-plan-review 4 scheduled']);
    await world.setClock('2026-03-02T09:00:00.000Z');
    await world.setClock('2026-05-18T08:00:00.000Z');
    const late = await world.tell('careplan.agreed', randomUUID(), { agreedOn: '2026-03-02' });
    await until('the jump was taken in', () => sentFor(late).length > 0);
    await world.setClock('2027-01-25T08:59:59.500Z');
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 due',
      'care-plan-review 4 due',
      'care-plan-review 5 scheduled',
    ]);
    await until('both went out', () => sentFor(anchor).length >= 2);
    expect(sentFor(anchor).map(({ data }) => data['occurrence'])).toEqual([1, 4]);
  });

  it('moves what is scheduled when a bank holiday is proclaimed', async () => {
    const before = await world.run();
    const caseId = randomUUID();
    await world.tell('careplan.agreed', caseId, agreed);
    await world.scheduleBecomes(caseId, ['care-plan-review 1 scheduled']);
    await before.stop();
    await world.run({ EXTRA_BANK_HOLIDAYS: '2026-05-18', LEAD_DAYS: 'claim-interview-13=14' });
    await until(
      'it is moved to the working day before',
      async () => (await world.schedule(caseId))[0]?.remindAt === '2026-05-15T08:00:00.000Z',
    );
    const [moved] = await world.schedule(caseId);
    await world.withQueue(async (queue) => {
      const days = await until('its timer is moved', async () => {
        const at = Math.round(
          ((await queue.getJob(moved?.reminder ?? ''))?.delay ?? 0) / 86_400_000,
        );
        return at === 74 && at;
      });
      expect(days).toBe(74); // 2 March to 15 May
    });
  });

  it('keeps a poison event among the dead letters and goes on', async () => {
    await world.run();
    const [poison, wrong, caseId] = [randomUUID(), effectId('wrong', 'test'), randomUUID()];
    await world.publish('{ not json', poison);
    const sound = world.eventOf('careplan.agreed', caseId, agreed);
    await world.publish(
      JSON.stringify([
        { id: wrong, type: 'throughcare.careplan.agreed.v1', surname: 'Secret' },
        sound,
      ]),
    );
    await world.scheduleBecomes(caseId, ['care-plan-review 1 scheduled']);
    const letters = () =>
      world.sent.filter(({ type }) => type === 'throughcare.deadletter.reported.v1');
    await until('both are reported', () => letters().length === 2);
    expect(
      letters()
        .map(({ data }) => data)
        .sort((a, b) => String(a['code']).localeCompare(String(b['code']))),
    ).toEqual([
      { stream: 'EVENTS', code: 'malformed-json', deliveries: 1 },
      { stream: 'EVENTS', code: 'malformed-message', message: wrong, deliveries: 1 },
    ]);
    for (const letter of letters())
      expect(readMessage(letter, Date.parse(letter.time))).toMatchObject({ ok: true });
  });

  it('answers wrong questions with a refusal', async () => {
    await world.run();
    await expect(world.schedule(...Array.from({ length: 1001 }, () => 'c'))).rejects.toThrow(
      'malformed-message',
    );
    expect(await world.schedule('unknown')).toEqual([]);
  });
});

describe('reminders without Redis', () => {
  it('stays up, says that it is not ready, takes events in, and sets the timers when Redis is back empty', async () => {
    const instance = await world.run();
    const [before, meanwhile] = [randomUUID(), randomUUID()];
    const early = await world.tell('careplan.agreed', before, agreed);
    await world.scheduleBecomes(before, ['care-plan-review 1 scheduled']);
    await until('it is ready', async () => (await world.ready(instance)).status === 200);

    await world.servers.redis.process.killAndRestart(async () => {
      await world.tell('careplan.agreed', meanwhile, agreed);
      await world.scheduleBecomes(meanwhile, ['care-plan-review 1 scheduled']);
      expect(await world.ready(instance)).toEqual({ status: 503, failing: ['timers'] });
      // What falls due meanwhile goes out all the same.
      await world.setClock('2026-05-18T08:00:00.000Z');
      await until('it went out', () => sentFor(early).length === 1);
      await world.setClock('2026-03-02T09:00:00.000Z');
    });
    await until('it is ready again', async () => (await world.ready(instance)).status === 200);

    await world.servers.redis.empty();
    const scheduled = async () => {
      const cases = [before, meanwhile];
      return (await world.schedule(...cases)).filter(({ state }) => state === 'scheduled');
    };
    await world.withQueue(async (queue) => {
      for (const { reminder } of await scheduled())
        await until('its timer is set again', () => queue.getJob(reminder));
    });
    await until('all are set', async () => (await delayed()) > 2);

    // Emptied without a disconnect.
    await world.flushRedis();
    await until('all are set again', async () => (await delayed()) > 2);
    expect(instance.pid).toBeDefined();
  });

  it('starts while Redis is away', async () => {
    await world.servers.redis.process.killAndRestart(async () => {
      const instance = await world.run();
      expect(await world.ready(instance)).toMatchObject({ status: 503, failing: ['timers'] });
    });
    await until(
      'it is ready',
      async () => (await world.ready(world.instances[0] as never)).status === 200,
    );
  });
});

describe('reminders killed', () => {
  it('doubles nothing and loses nothing over kill -9 of instances in the middle of their work', async () => {
    const [first] = await Promise.all([world.run(), world.run()]);
    const cases = Array.from({ length: 300 }, () => randomUUID());
    const anchors = await Promise.all(
      cases.map((caseId) => world.tell('careplan.agreed', caseId, agreed)),
    );
    await until(
      'all are scheduled',
      async () => (await world.schedule(...cases)).length === cases.length,
      30_000,
    );
    const put = new Set(anchors);
    const out = () => world.sent.filter(({ data }) => put.has(String(data['anchor'])));

    await world.setClock('2026-05-18T07:59:59.000Z');
    await until('some went out', () => out().length > 20);
    await Promise.all(world.instances.map((instance) => instance.kill()));
    const atKill = out().length;
    expect(atKill).toBeLessThan(cases.length);
    await world.run();
    await until(
      'all went out',
      () => new Set(out().map(({ id }) => id)).size === cases.length,
      40_000,
    );
    const reminders = await world.schedule(...cases);
    expect(reminders.filter(({ state }) => state === 'due')).toHaveLength(cases.length);
    expect(reminders.filter(({ state }) => state === 'scheduled')).toHaveLength(cases.length);
    // The stream knows the repeats of what was published and not noted: each id once.
    expect(out()).toHaveLength(cases.length);
    expect(first.pid).toBeUndefined();
  });

  it('does not put out again what a timer left over calls for', async () => {
    await world.run();
    const caseId = randomUUID();
    const anchor = await world.tell('careplan.agreed', caseId, agreed);
    await world.setClock('2026-05-18T08:00:00.000Z');
    const reminders = await world.scheduleBecomes(caseId, [
      'care-plan-review 1 due',
      'care-plan-review 2 scheduled',
    ]);
    const due = reminders.find(({ state }) => state === 'due')?.reminder ?? '';
    await world.withQueue(async (queue) => {
      await queue.add('due', {}, { jobId: due, removeOnComplete: true });
      await until('it was worked', async () => (await queue.getJob(due)) === undefined);
    });
    await world.tell('exit.recorded', caseId, { exit: 'planned', on: '2026-05-18' });
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 cancelled',
      'care-plan-review 2 cancelled',
    ]);
    expect(sentFor(anchor)).toHaveLength(1);
  });

  it(
    'goes on after PostgreSQL and the broker were killed',
    async () => {
      const instance = await world.run();
      const [early, late] = [randomUUID(), randomUUID()];
      const anchor = await world.tell('careplan.agreed', early, agreed);
      await world.scheduleBecomes(early, ['care-plan-review 1 scheduled']);
      await world.servers.postgres.kill();
      await until('it is not ready', async () =>
        (await world.ready(instance)).failing.includes('database'),
      );
      await world.tell('careplan.agreed', late, agreed);
      await world.servers.nats.kill();
      await world.servers.postgres.restart();
      await world.setClock('2026-05-18T08:00:00.000Z');
      await world.servers.nats.run();
      await world.servers.nats.mend();
      await until('it is ready', async () => (await world.ready(instance)).status === 200, 30_000);
      await until(
        'both are there',
        async () => (await world.schedule(early, late)).length >= 3,
        40_000,
      );
      await until('it went out', () => sentFor(anchor).length > 0, 30_000);
      expect(instance.pid).toBeDefined();
    },
    allow(120_000),
  );
});
