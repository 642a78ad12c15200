import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Timeline } from '#libs/contracts/ask.js';
import { askGuard } from '#libs/nats/ask-client.js';
import { type ClientShown, tpr2Consent, withdrawal } from './guard-forms.js';
import type { MeshParty, Wanted } from './mesh-party.js';
import { type Random, randomOf } from './random.js';
import { until } from './until.js';

/** One message of random traffic. `timeMs`: when the client decided, where it is a consent or a withdrawal. */
export interface SentAtRandom {
  readonly id: string;
  readonly sender: string;
  /** `limit`: a consent that rules out the summary, which every `shared` has. */
  readonly kind: 'consent' | 'limit' | 'withdrawal' | 'shared';
  readonly client: number;
  /** Whom a `shared` is for. */
  readonly office: string;
  readonly timeMs: number;
}

const kinds: readonly SentAtRandom['kind'][] = [
  'consent',
  'limit',
  'withdrawal',
  ...Array.from({ length: 6 }, () => 'shared' as const),
];
const clients: readonly ClientShown[] = Array.from({ length: 5 }, (_, index) => ({
  nino: `QQ60001${index}C`,
  surname: `Sample${String.fromCodePoint(97 + index)}`,
  otherNames: 'Alex',
  dateOfBirth: '1990-05-05',
}));

/** A client's case with one of the senders. `number`: which of the clients it is. */
interface TrafficCase {
  readonly number: number;
  readonly about: { readonly case: string; readonly client: ClientShown };
}

/** A sender, its cases, and draws that no other sender changes. */
interface Road {
  readonly sender: MeshParty;
  readonly cases: readonly TrafficCase[];
  readonly random: Random;
}

/**
 * Treatment providers who share their clients: each records consents, records withdrawals and tells job centres about needs, in any order, some
 * of it twice and some under an id that was used before. Nobody waits for an answer, but for whether a withdrawal or a limit is confirmed.
 */
export class RandomTraffic {
  /** In the order in which each sender sent. */
  readonly sent: SentAtRandom[] = [];
  /** Withdrawals and limits that were confirmed, and when, on `performance.now()`. */
  readonly confirmedAt = new Map<string, number>();
  readonly #roads: readonly Road[];
  readonly #confirming: Promise<void>[] = [];

  constructor(
    senders: readonly MeshParty[],
    private readonly offices: readonly string[],
    random: Random = randomOf('traffic'),
  ) {
    const casesOf = (): TrafficCase[] =>
      clients.map((client, number) => ({ number, about: { case: randomUUID(), client } }));
    this.#roads = senders.map((sender) => ({
      sender,
      cases: casesOf(),
      random: random.fork(sender.id),
    }));
  }

  /** Every case gets its client and a first consent, so that from then on nothing of it is refused for want of a client. */
  async begin(): Promise<void> {
    for (const road of this.#roads)
      for (const each of road.cases)
        await road.sender.verdict((await this.#send(road, 'consent', each)).id);
  }

  /** Sends until told to end, and then waits until every withdrawal and limit is confirmed. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#roads.map((road) => this.#run(road, signal)));
    await Promise.all(this.#confirming);
  }

  async #run(road: Road, signal: AbortSignal): Promise<void> {
    const { sender, cases, random } = road;
    while (!signal.aborted) {
      const burst = random.between(1, 7);
      const of = random.oneOf(cases);
      for (let count = 0; count < burst; count += 1) {
        const message = await this.#send(road, random.oneOf(kinds), of);
        if (message.kind === 'withdrawal' || message.kind === 'limit')
          this.#confirming.push(this.#confirm(sender, message.id));
      }
      await delay(random.between(0, 50) * burst);
    }
  }

  async #send(
    { sender, random }: Road,
    kind: SentAtRandom['kind'],
    { number, about }: TrafficCase,
  ): Promise<SentAtRandom> {
    const office = random.oneOf(this.offices);
    const consent = { ...about, name: 'consent.recorded' as const, to: 'mesh' };
    const wanted: Record<SentAtRandom['kind'], Wanted> = {
      consent: { ...consent, data: (context) => tpr2Consent(context, this.offices) },
      limit: {
        ...consent,
        data: (context) => ({
          ...tpr2Consent(context, this.offices),
          excludedCategories: ['treatment-summary'],
        }),
      },
      withdrawal: {
        ...about,
        name: 'consent.withdrawn',
        to: 'mesh',
        data: (context) => withdrawal(context, 'TPR2'),
      },
      shared: { ...about, name: 'tpr2.shared', to: office },
    };
    const { id, text } = sender.compose(wanted[kind]);
    await until('the broker has it', () => sender.put(id, text).then(() => true), 60_000);
    const message = {
      id,
      sender: sender.id,
      kind,
      client: number,
      office,
      timeMs: Date.parse((JSON.parse(text) as { time: string }).time),
    };
    this.sent.push(message);
    // Once more, and something else under its id: neither may change anything. Where the broker is away, they are not sent.
    if (random.between(0, 30) === 0)
      await sender.put(id, text, randomUUID()).catch(() => undefined);
    if (random.between(0, 100) === 0)
      await sender
        .put(id, sender.compose({ ...wanted.shared, id }).text, randomUUID())
        .catch(() => undefined);
    return message;
  }

  async #confirm(sender: MeshParty, id: string): Promise<void> {
    await until(
      `${id} is confirmed`,
      async () => {
        const reply = await askGuard<Timeline>(
          sender.connection,
          'verdict',
          { id, waitMs: 2_000 },
          2_500,
        );
        return reply.ok && reply.state !== 'undecided';
      },
      120_000,
    );
    this.confirmedAt.set(id, performance.now());
  }
}
