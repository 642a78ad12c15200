import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ScheduledReminder } from '#libs/contracts/ask.js';
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
/** What a care plan brings at once. */
const plan = ['care-plan-review 1 scheduled', 'outcome-profile 1 scheduled'];
const profile = 'outcome-profile 1 scheduled';
const reviewOf = (reminders: readonly ScheduledReminder[]) =>
  reminders.find(({ kind }) => kind === 'care-plan-review');
/** The reminders of the reviews of a care plan that went out. */
const sentFor = (anchor: string) =>
  world.sent.filter(({ data }) => data['anchor'] === anchor && data['kind'] === 'care-plan-review');
const delayed = () => world.withQueue((queue) => queue.getDelayedCount());

describe('reminders', () => {
  it('puts a reminder out on time, over the road, and schedules the next of the series', async () => {
    const instance = await world.run();
    const caseId = randomUUID();
    const anchor = world.tell('careplan.agreed', caseId, agreed);
    const first = reviewOf(await world.scheduleBecomes(caseId, plan));
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
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 due',
      'care-plan-review 2 scheduled',
      profile,
    ]);

    instance.signal('SIGTERM');
    const [exit] = await new Promise<[unknown]>((resolve) =>
      instance.events.once('exit', (...args) => resolve(args)),
    );
    expect(exit).toMatchObject({ code: 0 });
  });

  it('stops treatment timers at an exit and runs the claim’s on, and keeps the provider’s series over a withdrawal', async () => {
    await world.run();
    const caseId = randomUUID();
    world.tell('careplan.agreed', caseId, agreed);
    world.tell('consent.recorded', caseId, {
      form: 'TPR2',
      decision: 'given',
      validUntil: '2027-03-02',
    });
    world.tell('claim.started', caseId, { benefit: 'jsa', startedOn: '2026-03-02' });
    world.tell(
      'review.accepted',
      caseId,
      { startsAt: '2026-04-07T10:00:00Z' },
      { cause: randomUUID() },
    );
    const claims = ['claim-interview-13 1 scheduled', 'claim-interview-26 1 scheduled'];
    await world.scheduleBecomes(caseId, [
      ...plan,
      'consent-lapse 1 scheduled',
      'review-appointment 1 scheduled',
      ...claims,
    ]);
    world.tell('consent.withdrawn', caseId, { form: 'TPR2' });
    await world.scheduleBecomes(caseId, [
      ...plan,
      'consent-lapse 1 cancelled',
      'review-appointment 1 cancelled',
      ...claims,
    ]);
    world.tell('exit.notified', caseId, { exit: 'unplanned', on: '2026-04-01' }, { to: 'jcp_one' });
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 cancelled',
      'outcome-profile 1 cancelled',
      'consent-lapse 1 cancelled',
      'review-appointment 1 cancelled',
      ...claims,
    ]);
    world.tell('claim.ended', caseId, { endedOn: '2026-04-10' });
    await until('the interviews are cancelled', async () =>
      (await world.schedule(caseId)).every(({ state }) => state === 'cancelled'),
    );
  });

  it('puts back what a timer woke too early, and what is over wakes nobody', async () => {
    await world.run();
    const [caseId, over] = [randomUUID(), randomUUID()];
    const anchor = world.tell('careplan.agreed', caseId, agreed);
    const overAnchor = world.tell('careplan.agreed', over, agreed);
    const reminder = reviewOf(await world.scheduleBecomes(caseId, plan));
    const cancelled = reviewOf(await world.scheduleBecomes(over, plan));
    world.tell('exit.recorded', over, { exit: 'planned', on: '2026-03-02' });
    await world.scheduleBecomes(over, [
      'care-plan-review 1 cancelled',
      'outcome-profile 1 cancelled',
    ]);
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
    await world.scheduleBecomes(caseId, plan);
  });

  it('goes out once when the clock jumps ahead, and not again when it is set back', async () => {
    await world.run();
    const caseId = randomUUID();
    const anchor = world.tell('careplan.agreed', caseId, agreed);
    await world.scheduleBecomes(caseId, plan);
    await world.setClock('2026-05-20T10:00:00.000Z');
    const due = ['care-plan-review 1 due', 'care-plan-review 2 scheduled', profile];
    await world.scheduleBecomes(caseId, due);
    await world.setClock('2026-03-02T09:00:00.000Z');
    await world.setClock('2026-05-18T08:00:00.000Z');
    const other = world.tell('careplan.agreed', randomUUID(), agreed);
    await until('the jump was taken in', () => sentFor(other).length > 0);
    await world.setClock('2026-08-10T07:59:59.500Z');
    await until('both went out', () => sentFor(anchor).length >= 2);
    expect(sentFor(anchor).map(({ data }) => data['occurrence'])).toEqual([1, 2]);
  });

  it('goes out at the next office hour where its own was slept through, and never after its own day', async () => {
    const [late, over] = [randomUUID(), randomUUID()];
    const before = await world.run();
    const lateAnchor = world.tell('careplan.agreed', late, agreed);
    const overAnchor = world.tell('careplan.agreed', over, { agreedOn: '2026-02-25' });
    await world.scheduleBecomes(late, plan);
    await world.scheduleBecomes(over, plan);
    await before.stop();
    // A Thursday night: one is due on Monday, the other was on Wednesday.
    await world.setClock('2026-05-21T22:00:00.000Z');
    await world.run();
    await until('it is put off', async () =>
      (await world.schedule(late)).some(
        ({ kind, remindAt }) =>
          kind === 'care-plan-review' && remindAt === '2026-05-22T08:00:00.000Z',
      ),
    );
    await world.scheduleBecomes(over, [
      'care-plan-review 1 cancelled',
      'care-plan-review 2 scheduled',
      profile,
    ]);
    await world.setClock('2026-05-22T07:59:58.000Z');
    const message = await until('it goes out', () => sentFor(lateAnchor)[0]);
    expect(
      message.time >= '2026-05-22T08:00:00.000Z' && message.time < '2026-05-22T08:00:04.000Z',
    ).toBe(true);
    expect(sentFor(overAnchor)).toEqual([]);
  });

  it('moves what is scheduled when a bank holiday is proclaimed', async () => {
    const before = await world.run();
    const caseId = randomUUID();
    world.tell('careplan.agreed', caseId, agreed);
    await world.scheduleBecomes(caseId, plan);
    await before.stop();
    await world.run({ EXTRA_BANK_HOLIDAYS: '2026-05-18', LEAD_DAYS: 'claim-interview-13=14' });
    await until(
      'it is moved to the working day before',
      async () => reviewOf(await world.schedule(caseId))?.remindAt === '2026-05-15T08:00:00.000Z',
    );
    const moved = reviewOf(await world.schedule(caseId));
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
    world.publish({ id: poison });
    world.publish({ id: wrong, type: 'throughcare.careplan.agreed.v1', surname: 'Secret' });
    world.publish(world.eventOf('careplan.agreed', caseId, agreed));
    await world.scheduleBecomes(caseId, plan);
    const letters = () =>
      world.sent.filter(({ type }) => type === 'throughcare.deadletter.reported.v1');
    await until('both are reported', () => letters().length === 2);
    expect(
      letters()
        .map(({ data }) => data)
        .map(({ stream, code, message, deliveries }) => [stream, code, message, deliveries]),
    ).toEqual([
      ['events', 'malformed-message', poison, 1],
      ['events', 'malformed-message', wrong, 1],
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
    const early = world.tell('careplan.agreed', before, agreed);
    await world.scheduleBecomes(before, plan);
    await until('it is ready', async () => (await world.ready(instance)).status === 200);

    await world.servers.redis.process.killAndRestart(async () => {
      world.tell('careplan.agreed', meanwhile, agreed);
      await world.scheduleBecomes(meanwhile, plan);
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
    const anchors = cases.map((caseId) => world.tell('careplan.agreed', caseId, agreed));
    await until(
      'all are scheduled',
      async () => (await world.schedule(...cases)).length === 2 * cases.length,
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
    // The next review and the outcome profile.
    expect(reminders.filter(({ state }) => state === 'scheduled')).toHaveLength(2 * cases.length);
    // The stream knows the repeats of what was published and not noted: each id once.
    expect(out()).toHaveLength(cases.length);
    expect(first.pid).toBeUndefined();
  }, 120_000);

  it('does not put out again what a timer left over calls for', async () => {
    await world.run();
    const caseId = randomUUID();
    const anchor = world.tell('careplan.agreed', caseId, agreed);
    await world.setClock('2026-05-18T08:00:00.000Z');
    const reminders = await world.scheduleBecomes(caseId, [
      'care-plan-review 1 due',
      'care-plan-review 2 scheduled',
      profile,
    ]);
    const due = reminders.find(({ state }) => state === 'due')?.reminder ?? '';
    await world.withQueue(async (queue) => {
      await queue.add('due', {}, { jobId: due, removeOnComplete: true });
      await until('it was worked', async () => (await queue.getJob(due)) === undefined);
    });
    world.tell('exit.recorded', caseId, { exit: 'planned', on: '2026-05-18' });
    await world.scheduleBecomes(caseId, [
      'care-plan-review 1 cancelled',
      'care-plan-review 2 cancelled',
      'outcome-profile 1 cancelled',
    ]);
    expect(sentFor(anchor)).toHaveLength(1);
  });

  it(
    'goes on after PostgreSQL and the broker were killed',
    async () => {
      const instance = await world.run();
      const [early, late] = [randomUUID(), randomUUID()];
      const anchor = world.tell('careplan.agreed', early, agreed);
      await world.scheduleBecomes(early, plan);
      await world.servers.postgres.kill();
      await until('it is not ready', async () =>
        (await world.ready(instance)).failing.includes('database'),
      );
      world.tell('careplan.agreed', late, agreed);
      await world.servers.nats.kill();
      await world.servers.postgres.restart();
      await world.setClock('2026-05-18T08:00:00.000Z');
      await world.servers.nats.run();
      await until('it is ready', async () => (await world.ready(instance)).status === 200, 30_000);
      await until(
        'both are there',
        async () => (await world.schedule(early, late)).length >= 5,
        40_000,
      );
      await until('it went out', () => sentFor(anchor).length > 0, 30_000);
      expect(instance.pid).toBeDefined();
    },
    allow(120_000),
  );
});
