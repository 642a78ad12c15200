import { createInbox, type NatsConnection } from '@nats-io/nats-core';
import { isServiceParty, serviceParties } from '#libs/contracts/party.js';
import { type Cell, cellsOf } from './broker-cells.js';
import { type Standing, isDeclared } from './declared-road.js';
import type { NatsForTest } from './nats-for-test.js';
import { until } from './until.js';

/** One user's try of one cell on a live server. */
export interface Tried {
  readonly user: string;
  readonly cell: Cell;
  readonly declared: boolean;
  /** `passed`: the server did not refuse it. `spared`: declared, and would ruin the test's streams. */
  readonly outcome: 'refused' | 'passed' | 'spared';
  /** What came back to the reply subject, unless it was that nobody is there. */
  readonly answer?: string;
}

/** A breach: nothing that is not declared may pass, nor be answered. The other way round a declared right that is missing is a fault too. */
export const isBreach = ({ declared, outcome, answer }: Tried): boolean =>
  !declared && (outcome !== 'refused' || answer !== undefined);
export const isMissing = ({ declared, outcome }: Tried): boolean =>
  declared && outcome === 'refused';

export const standingOf = (user: string): Standing =>
  isServiceParty(user) || user === 'guard' || user === 'provisioner' || user === 'sys'
    ? user
    : 'agency';

/** Every user of the broker: each party, the mesh's services, and the three that are no party. */
export const usersOf = (agencies: readonly string[]): readonly string[] => [
  ...agencies,
  ...serviceParties,
  'guard',
  'provisioner',
  'sys',
];

const inboxOf = (user: string): string =>
  ['guard', 'provisioner', 'sys'].includes(user) ? `_INBOX_${user}` : '_INBOX';

export type Which = 'undeclared' | 'declared';

/**
 * Tries the cells of one user from its own key. The server says of each publish and subscription that it refuses that it does
 * (`Permissions Violation`), so what it does not refuse has passed, whether or not anything came of it.
 */
export async function tryUser(
  connection: NatsConnection,
  user: string,
  parties: readonly string[],
  which: Which,
): Promise<Tried[]> {
  const unique = new Map(
    cellsOf(user, parties).map((cell) => [`${cell.way} ${cell.subject} ${cell.payload}`, cell]),
  );
  const cells = [...unique.values()].map((cell) => ({
    cell,
    declared: isDeclared(standingOf(user), user, cell),
  }));
  const chosen = cells.filter(({ declared }) => declared === (which === 'declared'));
  const spared = chosen.filter(({ cell, declared }) => declared && cell.ruins === true);
  const tried = chosen.filter((each) => !spared.includes(each));
  const refused = new Set<string>();
  const watching = watchRefusals(connection, refused);
  const answers = await sayAll(
    connection,
    inboxOf(user),
    tried.map(({ cell }) => cell),
  );
  await until(`${user} hears the last refusal`, () => refused.has(sentinel), 5_000);
  await watching.stop();
  return [
    ...tried.map(({ cell, declared }, index) => {
      const outcome = refused.has(`${cell.way} ${cell.subject}`)
        ? ('refused' as const)
        : ('passed' as const);
      const answer = answers.get(index);
      return { user, cell, declared, outcome, ...(answer === undefined ? {} : { answer }) };
    }),
    ...spared.map(({ cell, declared }) => ({ user, cell, declared, outcome: 'spared' as const })),
  ];
}

/** Nobody may say it: once its refusal is here, the refusals of all that was said before are. */
const sentinelSubject = 'nobody.may.say.this';
const sentinel = `publish ${sentinelSubject}`;

function watchRefusals(
  connection: NatsConnection,
  refused: Set<string>,
): { stop(): Promise<void> } {
  const status = connection.status();
  const reading = (async () => {
    for await (const event of status) {
      if (event.type !== 'error' || event.error.name !== 'PermissionViolationError') continue;
      const { operation, subject } = event.error as Error & { operation: string; subject: string };
      refused.add(`${operation === 'publish' ? 'publish' : 'subscribe'} ${subject}`);
    }
  })();
  return {
    stop: async () => {
      (status as AsyncIterable<unknown> & { stop?(): void }).stop?.();
      await Promise.race([reading, Promise.resolve()]);
    },
  };
}

async function sayAll(
  connection: NatsConnection,
  inboxPrefix: string,
  cells: readonly Cell[],
): Promise<ReadonlyMap<number, string>> {
  const answers = new Map<number, string>();
  const inbox = createInbox(inboxPrefix);
  const own = connection.subscribe(`${inbox}.*`, {
    callback: (_error, answer) => {
      if (answer.headers?.code !== 503)
        answers.set(Number(answer.subject.split('.').at(-1)), answer.string().slice(0, 80));
    },
  });
  const subscriptions = cells.flatMap(({ way, subject }) =>
    way === 'subscribe' ? [connection.subscribe(subject, { callback: () => undefined })] : [],
  );
  // A party may have 256 subscriptions: they are tried in turn.
  for (const subscription of subscriptions) subscription.unsubscribe();
  cells.forEach(({ way, subject, payload }, index) => {
    if (way === 'publish') connection.publish(subject, payload, { reply: `${inbox}.${index}` });
  });
  await connection.flush();
  connection.publish(sentinelSubject);
  await connection.flush();
  own.unsubscribe();
  return answers;
}

/** Who may not come in at all: no credential, and a key of no account. Each must fail. @returns those that did not. */
export async function tryStrangers(nats: NatsForTest): Promise<string[]> {
  await nats.newParty('stranger');
  const within: string[] = [];
  for (const user of ['nobody', 'stranger']) {
    const isIn = await (user === 'nobody' ? nats.connectWithout() : nats.connect(user)).then(
      () => true,
      () => false,
    );
    if (isIn) within.push(user);
  }
  return within;
}

/** A row for each class of subjects, a column for each user: how many of its cells passed, of how many tried. */
export function printMatrix(tried: readonly Tried[], users: readonly string[]): string {
  const rows = new Map<string, Map<string, Tried[]>>();
  for (const each of tried) {
    const row = rows.get(each.cell.row) ?? new Map<string, Tried[]>();
    row.set(each.user, [...(row.get(each.user) ?? []), each]);
    rows.set(each.cell.row, row);
  }
  const width = Math.max(...[...rows.keys()].map((name) => name.length));
  const columns = users.map((user) => Math.max(user.length, 7));
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(width)}  ${cells.map((text, index) => text.padEnd(columns[index] ?? 7)).join('  ')}`.trimEnd();
  const body = [...rows]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, row]) =>
      line(
        name,
        users.map((user) => shown(row.get(user) ?? [])),
      ),
    );
  return [
    line('', users),
    ...body,
    '',
    '.: refused · yes: declared, and passed · (yes): declared, not tried · n/m: only so many of them are declared · !!: BREACH',
  ].join('\n');
}

function shown(cells: readonly Tried[]): string {
  if (cells.some(isBreach)) return '!!';
  if (cells.some(isMissing)) return 'MISSING';
  const passed = cells.filter(({ outcome }) => outcome !== 'refused');
  if (passed.length === 0) return '.';
  const word = passed.every(({ outcome }) => outcome === 'spared') ? '(yes)' : 'yes';
  return passed.length === cells.length ? word : `${word} ${passed.length}/${cells.length}`;
}
