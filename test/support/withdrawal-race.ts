import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Timeline } from '#libs/contracts/ask.js';
import { askGuard } from '#libs/nats/ask-client.js';
import { tpr2Consent, withdrawal } from './guard-forms.js';
import { GuardMesh } from './guard-mesh.js';
import type { MeshParty } from './mesh-party.js';
import { type Random, randomOf } from './random.js';
import { type Arrival, RandomRecipient } from './random-recipient.js';
import type { ServiceProcess } from './service-process.js';
import { until } from './until.js';

const provider = 'tp_river';
const office = 'jcp_wandsworth';
const messagesEach = 9;
/** The recipient is away until so many of a wave's withdrawals are confirmed: on any machine those catch something that waits. */
const shareCaught = 0.1;
/** Within so many ms of one another the messages and the withdrawal of a client are sent. */
const spreadMs = 400;

export interface RaceOptions {
  /** Messages under way when, or sent while, their client's consent was being withdrawn. */
  readonly trials: number;
  /** How long one of the guards is stopped, and how long both run before the next is: random, in ms. None: nobody is stopped. */
  readonly stops?: {
    readonly shortMs: number;
    readonly longMs: number;
    readonly longEvery: number;
    readonly pauseMs: number;
  };
  readonly isDurable?: boolean;
  /** How many clients withdraw at about the same time. */
  readonly clientsAtOnce: number;
}

export interface RaceResult {
  readonly withdrawals: number;
  readonly trials: number;
  readonly stops: number;
  readonly longStops: number;
  /** Pulled after the confirmation, or said to be stopped and yet given out. */
  readonly violations: readonly string[];
  /** Cleared, not taken back, and never given out. */
  readonly lost: readonly string[];
  /** Said to be collected, and never seen: taken back by a guard that was cut off before it wrote that down. */
  readonly unseen: number;
  readonly stopped: number;
  readonly collected: number;
  /** For each withdrawal that anything was given out under: from its confirmation to the last arrival, in ms; negative: before it. */
  readonly lastDeliveryMs: readonly number[];
  readonly confirmationMs: readonly number[];
}

interface RaceClient {
  readonly case: string;
  readonly client: {
    readonly nino: string;
    readonly surname: string;
    readonly otherNames: string;
    readonly dateOfBirth: string;
  };
  readonly sent: Map<string, number>;
  withdrawnAt: number;
  confirmedAt: number;
}

/**
 * A provider goes on telling the job centre about many clients while one or the other side records that the client withdraws; the job centre
 * pulls at random; of two guards one is stopped and continued at random. Everything real, nothing waited for but confirmations.
 */
export async function raceWithdrawals(options: RaceOptions): Promise<RaceResult> {
  const mesh = await GuardMesh.start({
    isDurable: options.isDurable ?? false,
    maxBytes: 64 * 1024 * 1024,
  });
  const ending = new AbortController();
  const random = randomOf('race');
  const recipient = new RandomRecipient(
    await mesh.nats.connect(office),
    random.fork('recipient').fraction,
  );
  try {
    const guards = [await mesh.guard(), await mesh.guard()];
    await mesh.applyDirectory();
    const sides = [await mesh.party(provider), await mesh.party(office)] as const;
    const stopping = stopAtRandom(guards, options, ending.signal, random.fork('stops'));
    const clients: RaceClient[] = [];
    while (countTrials(clients, recipient.arrivals) < options.trials)
      clients.push(
        ...(await wave({ sides, recipient }, clients.length, options.clientsAtOnce, random)),
      );
    ending.abort();
    const stops = await stopping;
    const standing = await settle(mesh, sides, clients, recipient.arrivals);
    return { ...report(clients, recipient.arrivals, standing), ...stops };
  } finally {
    ending.abort();
    await recipient.stop();
    await mesh.stop();
  }
}

interface Ground {
  readonly sides: readonly [MeshParty, MeshParty];
  readonly recipient: RandomRecipient;
}

async function wave(
  { sides: [giver, taker], recipient }: Ground,
  from: number,
  count: number,
  random: Random,
): Promise<RaceClient[]> {
  const clients = Array.from({ length: count }, (_, index) => newClient(from + index));
  const consents = clients.map((each) =>
    giver.send({
      ...about(each),
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr2Consent(c, [office]),
    }),
  );
  for (const id of consents) await decided(giver, await id, 'cleared');
  // The first message makes the office a party to the case, which may then record a withdrawal too.
  const firsts = clients.map((each) =>
    giver.send({ ...about(each), name: 'tpr2.shared', to: office }),
  );
  for (const id of firsts) await decided(giver, await id, 'cleared-in-part', 'cleared');
  let confirmed = 0;
  recipient.isAway = true;
  await Promise.all(
    clients.map(async (each, index) => {
      const own = random.fork(String(from + index));
      const messages = Array.from({ length: messagesEach }, async () => {
        await delay(own.fraction() * spreadMs);
        each.sent.set(
          await giver.send({ ...about(each), name: 'tpr2.shared', to: office }),
          performance.now(),
        );
      });
      const side = own.oneOf([giver, taker]);
      await delay(own.fraction() * spreadMs);
      await withdraw(side, each);
      confirmed += 1;
      if (confirmed >= count * shareCaught) recipient.isAway = false;
      await Promise.all(messages);
    }),
  );
  return clients;
}

const about = ({ case: caseId, client }: RaceClient) => ({ case: caseId, client });

async function withdraw(party: MeshParty, each: RaceClient): Promise<void> {
  each.withdrawnAt = performance.now();
  const id = await party.send({
    ...about(each),
    name: 'consent.withdrawn',
    to: 'mesh',
    data: (context) => withdrawal(context, 'TPR2'),
  });
  await decided(party, id, 'cleared');
  each.confirmedAt = performance.now();
}

/** A question may fall to the guard that is stopped, and is asked again. */
async function decided(party: MeshParty, id: string, ...wanted: readonly string[]): Promise<void> {
  const ask = () => askGuard<Timeline>(party.connection, 'verdict', { id, waitMs: 2_000 }, 2_500);
  const { state } = await until(
    `a verdict on ${id}`,
    async () => {
      const reply = await ask();
      return reply.ok && reply.state !== 'undecided' ? reply : undefined;
    },
    90_000,
  );
  if (!wanted.includes(state)) throw new Error(`${id} is ${state}`);
}

const letters = (index: number): string =>
  String.fromCodePoint(97 + (index % 26), 97 + (Math.floor(index / 26) % 26));

const newClient = (index: number): RaceClient => ({
  case: randomUUID(),
  client: {
    nino: `QQ${String(100_000 + index)}A`,
    surname: `Sample${letters(index)}`,
    otherNames: 'Alex',
    dateOfBirth: '1985-03-21',
  },
  sent: new Map(),
  withdrawnAt: Infinity,
  confirmedAt: Infinity,
});

/** A message counts where it was sent before the confirmation and had not come when the withdrawal was sent. */
const isTrial = (
  each: RaceClient,
  id: string,
  sentAt: number,
  arrivals: ReadonlyMap<string, Arrival>,
): boolean =>
  sentAt < each.confirmedAt && (arrivals.get(id)?.arrivedAt ?? Infinity) > each.withdrawnAt;

const countTrials = (
  clients: readonly RaceClient[],
  arrivals: ReadonlyMap<string, Arrival>,
): number =>
  clients.reduce(
    (sum, each) =>
      sum + [...each.sent].filter(([id, at]) => isTrial(each, id, at, arrivals)).length,
    0,
  );

async function stopAtRandom(
  guards: readonly ServiceProcess[],
  { stops }: RaceOptions,
  signal: AbortSignal,
  random: Random,
): Promise<{ stops: number; longStops: number }> {
  const done = { stops: 0, longStops: 0 };
  if (stops === undefined) return done;
  while (!signal.aborted) {
    await delay(random.fraction() * stops.pauseMs, undefined, { signal }).catch(() => undefined);
    const guard = random.oneOf(guards);
    if (signal.aborted) return done;
    done.stops += 1;
    const isLong = done.stops % stops.longEvery === 0;
    if (isLong) done.longStops += 1;
    guard.signal('SIGSTOP');
    await delay(isLong ? stops.longMs : random.fraction() * stops.shortMs);
    guard.signal('SIGCONT');
  }
  return done;
}

interface Standing {
  readonly verdict: string;
  readonly state: string | null;
}

/** Waits until every message is decided and whatever is to come has come. */
async function settle(
  mesh: GuardMesh,
  [giver]: readonly [MeshParty, MeshParty],
  clients: readonly RaceClient[],
  arrivals: ReadonlyMap<string, Arrival>,
): Promise<ReadonlyMap<string, Standing>> {
  const ids = clients.flatMap(({ sent }) => [...sent.keys()]);
  const db = new Client({ connectionString: mesh.databaseUrl });
  await db.connect();
  try {
    const read = async (): Promise<Map<string, Standing>> => {
      const { rows } = await db.query<Standing & { id: string }>(
        `select distinct on (r.id) r.id, r.verdict, d.state from record r left join delivery d on d.id = r.id and d.recipient = r.recipient
         where r.id = any($1::uuid[]) order by r.id, r.ordinal desc`,
        [ids],
      );
      return new Map(rows.map((row) => [row.id, row]));
    };
    await until('every message is decided', async () => (await read()).size === ids.length, 90_000);
    // One that is sent and received after all the others: what was to come before it has come.
    const last = newClient(999_999 - 100_000);
    await decided(
      giver,
      await giver.send({
        ...about(last),
        name: 'consent.recorded',
        to: 'mesh',
        data: (c) => tpr2Consent(c, [office]),
      }),
      'cleared',
    );
    const mark = await giver.send({ ...about(last), name: 'tpr2.shared', to: office });
    await until('the last message is received', () => arrivals.has(mark), 60_000);
    return await read();
  } finally {
    await db.end();
  }
}

function report(
  clients: readonly RaceClient[],
  arrivals: ReadonlyMap<string, Arrival>,
  standing: ReadonlyMap<string, Standing>,
): Omit<RaceResult, 'stops' | 'longStops'> {
  const all = clients.flatMap((each) =>
    [...each.sent.keys()].map((id) => ({
      id,
      each,
      arrival: arrivals.get(id),
      stands: standing.get(id),
    })),
  );
  const isCleared = (stands: Standing | undefined): boolean =>
    stands?.verdict.startsWith('cleared') === true;
  const late = all.filter(
    ({ arrival, each }) => arrival !== undefined && arrival.lastPulledAt > each.confirmedAt,
  );
  const missing = all.filter(({ arrival, stands }) => isCleared(stands) && arrival === undefined);
  const denied = all.filter(({ arrival, stands }) => arrival !== undefined && !isCleared(stands));
  return {
    withdrawals: clients.length,
    trials: countTrials(clients, arrivals),
    violations: [
      ...late.map(({ id }) => `${id} was pulled after the confirmation`),
      ...denied.map(({ id, stands }) => `${id} came and is ${stands?.verdict}`),
    ],
    lost: missing.flatMap(({ id, stands }) => (stands?.state === 'collected' ? [] : [id])),
    unseen: missing.filter(({ stands }) => stands?.state === 'collected').length,
    stopped: all.filter(({ stands }) => stands?.verdict === 'stopped').length,
    collected: all.filter(({ stands }) => stands?.state === 'collected').length,
    lastDeliveryMs: clients.flatMap((each) => {
      const times = [...each.sent.keys()].flatMap((id) => arrivals.get(id)?.arrivedAt ?? []);
      return times.length === 0 ? [] : [Math.max(...times) - each.confirmedAt];
    }),
    confirmationMs: clients.map((each) => each.confirmedAt - each.withdrawnAt),
  };
}
