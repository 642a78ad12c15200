import type { Logger } from 'pino';
import { serviceParties } from '#libs/contracts/party.js';
import type { LeaseKeeper } from '#libs/postgres/lease-keeper.js';
import type { IngressWorker } from './ingress.worker.js';
import type { InstanceSessions } from './instance-sessions.js';

export interface PartySharesParts {
  readonly leases: LeaseKeeper;
  readonly sessions: InstanceSessions;
  readonly log: Logger;
  readonly startWorker: (party: string) => IngressWorker;
}

/** How often each instance looks: a killed instance's leases are taken within two of these, a silent one's `silentMs` later. */
const lookMs = 1_000;

/**
 * Shares the parties out among the instances at work. Each takes leases up to its fair part (all ÷ instances, rounded up) and gives back
 * what is over, so that a new instance finds something; a party is worked by the one that holds its lease, and by nobody else.
 */
export class PartyShares {
  private readonly workers = new Map<string, IngressWorker>();
  /** Workers of leases that were lost, which still finish what they have in hand: no second one begins beside them. */
  private readonly ending = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private isStopped = false;
  private lookedAt = 0;

  constructor(private readonly parts: PartySharesParts) {}

  start(): void {
    if (this.isStopped || this.timer !== undefined) return;
    this.timer = setInterval(() => this.look(), lookMs);
    this.look();
  }

  /** Ready: looked at the parties not long ago. With several instances one may rightly hold none. */
  isHealthy(): boolean {
    return performance.now() - this.lookedAt < 10 * lookMs;
  }

  /** Parties worked here now. */
  held(): readonly string[] {
    return [...this.workers.keys()];
  }

  /** Messages of these parties that are not read yet. */
  pending(): number {
    let pending = 0;
    for (const worker of this.workers.values()) pending += worker.pending;
    return pending;
  }

  /** The leases are gone: whatever is in hand ends by its own deadline, and no further batch is taken. */
  lost(names: readonly string[]): void {
    for (const party of names) {
      const worker = this.workers.get(party);
      if (worker === undefined) continue;
      this.workers.delete(party);
      this.ending.set(
        party,
        worker.stop().finally(() => this.ending.delete(party)),
      );
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.looking;
    const workers = [...this.workers.values()];
    this.workers.clear();
    await Promise.all([...workers.map((worker) => worker.stop()), ...this.ending.values()]);
    await this.parts.leases.stop();
  }

  private look(): void {
    this.looking ??= this.share()
      .then(() => {
        this.lookedAt = performance.now();
        return undefined;
      })
      .catch((error: unknown) =>
        this.parts.log.warn({ err: error }, 'the parties could not be shared out now'),
      )
      .finally(() => (this.looking = undefined));
  }

  private async share(): Promise<void> {
    const parties = await this.parties();
    const { alive, ended } = await this.parts.sessions.look();
    if (ended > 0)
      this.parts.log.warn(
        { event: 'silent-instance', ended },
        'a guard that was silent has lost its sessions',
      );
    const fair = Math.ceil(parties.length / Math.max(1, alive));
    for (const party of [...this.workers.keys()].slice(fair)) await this.giveBack(party);
    // Each instance begins elsewhere in the list, so that they do not all try for the same.
    const start =
      Number.parseInt(this.parts.sessions.instance.slice(0, 4), 16) % Math.max(1, parties.length);
    for (const party of [...parties.slice(start), ...parties.slice(0, start)]) {
      if (this.isStopped || this.workers.size >= fair) return;
      if (
        this.workers.has(party) ||
        this.ending.has(party) ||
        !(await this.parts.leases.acquire(party))
      )
        continue;
      this.workers.set(party, this.parts.startWorker(party));
    }
  }

  private async giveBack(party: string): Promise<void> {
    const worker = this.workers.get(party);
    this.workers.delete(party);
    await worker?.stop();
    await this.parts.leases.release(party);
  }

  private async parties(): Promise<readonly string[]> {
    const { rows } = await this.parts.sessions.pool.query<{ id: string }>(
      'select id from party where active order by id',
    );
    return [
      ...serviceParties,
      ...rows
        .map((row) => row.id)
        .filter((id) => !(serviceParties as readonly string[]).includes(id)),
    ];
  }
}
