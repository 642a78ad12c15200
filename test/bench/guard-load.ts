import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import type { GuardMesh } from '#test/support/guard-mesh.js';
import { tpr2Consent } from '#test/support/guard-forms.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { LightRecipient } from './light-recipient.js';

export const provider = 'tp_river';
export const office = 'jcp_wandsworth';

export interface BenchClient {
  readonly case: string;
  readonly client: {
    readonly nino: string;
    readonly surname: string;
    readonly otherNames: string;
    readonly dateOfBirth: string;
  };
}

/** Clients who let the provider tell the job centre, but for the summary of their treatment; recorded, over the road. */
export async function recordClients(sender: MeshParty, count: number): Promise<BenchClient[]> {
  const clients = Array.from({ length: count }, (_, index) => benchClient(index));
  const ids = await Promise.all(
    clients.map((each) =>
      sender.send({
        ...each,
        name: 'consent.recorded',
        to: 'mesh',
        data: (context) => ({
          ...tpr2Consent(context, [office]),
          excludedCategories: ['treatment-summary'],
        }),
      }),
    ),
  );
  for (const id of ids) {
    const { state } = await sender.verdict(id);
    if (state !== 'cleared') throw new Error(`a consent was not taken: ${state}`);
  }
  return clients;
}

export const benchClient = (index: number): BenchClient => ({
  case: randomUUID(),
  client: {
    nino: `QQ${String(100_000 + index)}A`,
    surname: `Sample${letters(index)}`,
    otherNames: 'Alex',
    dateOfBirth: '1985-03-21',
  },
});

const letters = (index: number): string =>
  String.fromCodePoint(97 + (index % 26), 97 + (Math.floor(index / 26) % 26));

/** A full TPR2 of one of the clients, about 1 KB. */
export const composeTpr2 = (
  sender: MeshParty,
  clients: readonly BenchClient[],
  index: number,
): { id: string; text: string } => {
  const each = clients[index % clients.length];
  if (each === undefined) throw new RangeError('no clients');
  return sender.compose({ ...each, name: 'tpr2.shared', to: office });
};

/** The most memory a process ever had resident, in MB. */
export function peakMemoryMb(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

/** Processor time that a process and its ended children have used, user and system, in µs; the kernel counts in ticks of 10 ms (USER_HZ is 100). */
export function cpuMicros(pid: number): number {
  const fields = statOf(pid).split(') ')[1]?.split(' ') ?? [];
  // proc(5): utime, stime, cutime and cstime are fields 14 to 17; what follows the name begins with field 3.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 10_000;
}

/** Processor time of the brokers and databases that this process has started, in µs. */
export function serverMicros(): number {
  const parents = new Map<number, { readonly parent: number; readonly name: string }>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const [, name = '', parent = ''] = /^\d+ \((.*)\) \S (\d+)/.exec(statOf(pid)) ?? [];
    parents.set(pid, { parent: Number(parent), name });
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== 0 && (pid === process.pid || isOurs(parents.get(pid)?.parent));
  const servers = [...parents].filter(
    ([pid, { name }]) => (name === 'postgres' || name === 'nats-server') && isOurs(pid),
  );
  return servers.reduce((sum, [pid]) => sum + cpuMicros(pid), 0);
}

const statOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Every delivery came once, lacks what the client ruled out, and says that something was left out. */
export function verifyDeliveries(taken: readonly DeliveredMessage[], ids: readonly string[]): void {
  const wanted = new Set(ids);
  const isRight = taken.every(
    ({ id, leftout, terms, data }) =>
      wanted.delete(id) && leftout === true && terms !== undefined && !('treatmentSummary' in data),
  );
  if (!isRight || wanted.size > 0)
    throw new Error(
      `deliveries are wrong: ${taken.length} taken, ${wanted.size} of ${ids.length} missing`,
    );
}

export interface GuardGround {
  readonly mesh: GuardMesh;
  readonly guard: ServiceProcess;
  readonly clients: readonly BenchClient[];
  /** In each round. */
  readonly messages: number;
}

export interface Round {
  /** Messages a second. */
  readonly speed: number;
  /** Processor time of the process measured (not of the servers), in µs a message: comparable where the machine is busy with other work. */
  readonly cpuMicros: number;
  /** The same, of broker and database. */
  readonly serverMicros: number;
}

/** The guard is stopped while its work is laid ready: short enough that its leases and connections stand. */
export async function guardRound({ mesh, clients, guard, messages }: GuardGround): Promise<Round> {
  const sender = await mesh.party(provider);
  const recipientParty = await mesh.party(office);
  guard.signal('SIGSTOP');
  const ids = await preload((id, text) => sender.put(id, text), sender, { clients, messages });
  const measured = startMeasure({ messages, pid: guard.pid });
  guard.signal('SIGCONT');
  const recipient = new LightRecipient(recipientParty);
  const round = await measured(() => recipient.settled);
  await recipient.stop();
  verifyDeliveries(recipient.taken, ids);
  return round;
}

/** Lays a round's messages ready. @returns their ids. */
export async function preload(
  put: (id: string, text: string) => Promise<unknown>,
  author: MeshParty,
  { clients, messages }: Pick<GuardGround, 'clients' | 'messages'>,
): Promise<string[]> {
  const composed = Array.from({ length: messages }, (_, index) =>
    composeTpr2(author, clients, index),
  );
  await Promise.all(composed.map(({ id, text }) => put(id, text)));
  return composed.map(({ id }) => id);
}

/** @returns to be called when the work is begun: measures from then until the recipient has taken and settled so many */
export function startMeasure({
  messages,
  pid,
}: {
  readonly messages: number;
  readonly pid: number;
}): (settled: () => number) => Promise<Round> {
  const before = { own: cpuMicros(pid), servers: serverMicros() };
  return async (settled) => {
    const startedAt = performance.now();
    while (settled() < messages) {
      if (performance.now() - startedAt > 120_000)
        throw new Error(`${settled()} of ${messages} messages settled within two minutes`);
      await delay(5);
    }
    const speed = messages / ((performance.now() - startedAt) / 1_000);
    return {
      speed,
      cpuMicros: (cpuMicros(pid) - before.own) / messages,
      serverMicros: (serverMicros() - before.servers) / messages,
    };
  };
}
