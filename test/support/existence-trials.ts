import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Timeline } from '#libs/contracts/ask.js';
import { tpr1, withdrawal } from './guard-forms.js';
import type { GuardMesh } from './guard-mesh.js';
import type { MeshParty } from './mesh-party.js';
import { randomOf } from './random.js';
import { kolmogorovSmirnov, quantile } from './two-samples.js';

/** What a client can be to the mesh where no consent stands. All must look alike to who sends. */
export const standings = [
  'unknown',
  'number known elsewhere',
  'known, never asked',
  'withdrawn',
  'lapsed',
  'refused',
] as const;
export type ClientStanding = (typeof standings)[number];

export interface Trials {
  /** From publishing to the verdict, in ms, as the sender can see it: it asks again and again without a wait. */
  readonly times: Readonly<Record<ClientStanding, readonly number[]>>;
  /** The answers without their ids and instants: one text each that came. */
  readonly answers: Readonly<Record<ClientStanding, ReadonlySet<string>>>;
}

const [sender, elsewhere, recipient] = ['jcp_wandsworth', 'cp_works', 'tp_river'];
const clientsEach = 40;
const warmUp = 25;

type Shown = NonNullable<Parameters<MeshParty['send']>[0]['client']>;
const letters = 'ABCDEFGHIJ'.split('');
const random = randomOf('existence');

let numbers = 0;

/** A client whom nobody has seen: NI numbers with prefix QQ are never given to anyone. */
function newClient(): Shown {
  const digits = String((numbers += 1)).padStart(6, '0');
  const name = Array.from({ length: 12 }, () => random.oneOf(letters)).join('');
  return {
    nino: `QQ${digits}${random.oneOf(['A', 'B', 'C', 'D'])}`,
    surname: name,
    otherNames: 'Maria',
    dateOfBirth: `19${random.between(50, 99)}-04-12`,
  };
}

/**
 * Makes clients of every standing but `unknown`, as agencies would: by consents, refusals and withdrawals on the road. Of a number that is
 * known elsewhere, with another date of birth, there is one for each trial: tried once, the sender's own agency knows it.
 */
export async function makeClients(
  mesh: GuardMesh,
  trials: number,
): Promise<Record<Exclude<ClientStanding, 'unknown'>, readonly Shown[]>> {
  const [party, other] = [await mesh.party(sender), await mesh.party(elsewhere)];
  const of = (count = clientsEach) => Array.from({ length: count }, newClient);
  const made = {
    'number known elsewhere': of(trials),
    'known, never asked': of(),
    withdrawn: of(),
    lapsed: of(),
    refused: of(),
  };
  const theirs: string[] = [];
  for (const client of made['number known elsewhere'])
    theirs.push(
      await other.send({
        name: 'consent.recorded',
        to: 'mesh',
        case: randomUUID(),
        client: { ...client, dateOfBirth: '1949-05-01' },
        data: (c) => tpr1(c, [recipient]),
      }),
    );
  for (const id of theirs)
    if ((await other.verdict(id)).state !== 'cleared')
      throw new Error('a number was not made known');
  const lastIds: string[] = [];
  const consent = async (client: Shown, decision: string, id = randomUUID()): Promise<string> => {
    lastIds.push(
      await party.send({
        name: 'consent.recorded',
        to: 'mesh',
        case: id,
        client,
        data: (c) => ({ ...tpr1(c, [recipient]), decision }),
      }),
    );
    return id;
  };
  for (const client of made['known, never asked'])
    lastIds.push(
      await party.send({ name: 'referral.requested', to: recipient, case: randomUUID(), client }),
    );
  for (const client of made.refused) await consent(client, 'refused');
  for (const client of made.lapsed) await consent(client, 'given');
  const lapsed = new Set(lastIds.slice(-clientsEach));
  for (const client of made.withdrawn) {
    const id = await consent(client, 'given');
    lastIds.push(
      await party.send({
        name: 'consent.withdrawn',
        to: 'mesh',
        case: id,
        client,
        data: (c) => withdrawal(c, 'TPR1'),
      }),
    );
  }
  for (const id of lastIds) await party.verdict(id);
  await letLapse(mesh, [...lapsed]);
  return made;
}

/** A year in one statement: these consents ended yesterday. */
async function letLapse(mesh: GuardMesh, consents: readonly string[]): Promise<void> {
  const ledger = new Client({ connectionString: mesh.databaseUrl });
  await ledger.connect();
  try {
    const { rowCount } = await ledger.query(
      `update scope set valid_from = valid_from - interval '2 days', valid_until = valid_from - interval '1 day' where consent_id = any($1::uuid[])`,
      [consents],
    );
    if ((rowCount ?? 0) < consents.length) throw new Error('the consents to lapse are not there');
  } finally {
    await ledger.end();
  }
}

/**
 * Rounds of one message for each standing, in an order shuffled anew each round, so that whatever the machine does besides falls on all
 * alike. Each opens a case of its own: that is how one would try whether a person is known.
 */
export async function tryStandings(mesh: GuardMesh, rounds: number): Promise<Trials> {
  const party = await mesh.party(sender);
  const clients = await makeClients(mesh, warmUp + rounds);
  const times = Object.fromEntries(
    standings.map((standing) => [standing, [] as number[]]),
  ) as Record<ClientStanding, number[]>;
  const answers = Object.fromEntries(
    standings.map((standing) => [standing, new Set<string>()]),
  ) as Record<ClientStanding, Set<string>>;
  for (let round = -warmUp; round < rounds; round += 1)
    for (const standing of random.shuffled(standings)) {
      const known =
        standing === 'unknown'
          ? undefined
          : clients[standing][(round + warmUp) % clients[standing].length];
      const { ms, answer } = await tryOne(party, known ?? newClient());
      if (round >= 0) times[standing].push(ms);
      answers[standing].add(answer);
    }
  return { times, answers };
}

async function tryOne(
  party: MeshParty,
  client: Shown,
): Promise<{ readonly ms: number; readonly answer: string }> {
  const { id, text } = party.compose({
    name: 'referral.requested',
    to: recipient,
    case: randomUUID(),
    client,
  });
  const start = performance.now();
  await party.put(id, text);
  for (;;) {
    const reply = await party.ask<Timeline>('verdict', { id, waitMs: 0 });
    if (reply.ok && reply.state !== 'undecided')
      return { ms: performance.now() - start, answer: plain(reply) };
  }
}

/** Without what differs from message to message: ids and instants. */
const plain = (reply: unknown): string =>
  JSON.stringify(reply)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>');

export interface Comparison {
  readonly one: ClientStanding;
  readonly other: ClientStanding;
  readonly d: number;
  readonly critical: number;
}

/** Every pair, the level divided by their number (Bonferroni). */
export function comparePairs({ times }: Trials, alpha: number): readonly Comparison[] {
  const pairs = standings.flatMap((one, index) =>
    standings.slice(index + 1).map((other) => [one, other] as const),
  );
  return pairs.map(([one, other]) => ({
    one,
    other,
    ...kolmogorovSmirnov(times[one], times[other], alpha / pairs.length),
  }));
}

/** The smallest delay of one standing, in ms, that the comparison would have found in this sample. */
export function smallestDelayFound(trials: Trials, alpha: number): number {
  const { unknown } = trials.times;
  for (let ms = 0.25; ms < 1_000; ms += 0.25) {
    const slower = {
      times: { ...trials.times, refused: trials.times.unknown.map((time) => time + ms) },
      answers: trials.answers,
    };
    const found = comparePairs(slower, alpha).some(
      (pair) => pair.one === 'unknown' && pair.other === 'refused' && pair.d > pair.critical,
    );
    if (found) return ms;
  }
  return quantile(unknown, 1);
}
