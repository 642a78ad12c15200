import { setTimeout as delay } from 'node:timers/promises';
import type { GuardMesh } from './guard-mesh.js';
import { type Random, randomOf } from './random.js';
import type { ServiceProcess } from './service-process.js';

/**
 * `stop`: SIGSTOP, and SIGCONT before anybody takes over. `long-stop`: others have taken over when it goes on. `leave`: SIGTERM.
 * `broker`: nats-server is killed and comes back.
 */
export type Trouble = 'kill' | 'leave' | 'stop' | 'long-stop' | 'broker';

/** Longer than a guard's leases, its pulls and its silence are borne with. */
const longStopMs = 9_000;

/** Guards of one mesh, to which troubles happen one after the other; what ended is started again. */
export class TroubledGuards {
  /** All that ever ran, ended ones too. */
  readonly ran: ServiceProcess[] = [];
  readonly #running: ServiceProcess[] = [];

  private constructor(
    private readonly mesh: GuardMesh,
    private readonly random: Random,
  ) {}

  static async start(
    mesh: GuardMesh,
    count: number,
    random: Random = randomOf('troubles'),
  ): Promise<TroubledGuards> {
    const guards = new TroubledGuards(mesh, random);
    for (let index = 0; index < count; index += 1) guards.#running.push(await guards.#another());
    return guards;
  }

  async suffer(trouble: Trouble): Promise<void> {
    const index = this.random.between(0, this.#running.length);
    const guard = this.#running[index];
    if (guard === undefined) return;
    switch (trouble) {
      case 'kill':
      case 'leave':
        await guard.end(trouble === 'kill' ? 'SIGKILL' : 'SIGTERM');
        this.#running[index] = await this.#another();
        return;
      case 'stop':
      case 'long-stop':
        guard.signal('SIGSTOP');
        await delay(trouble === 'stop' ? this.random.between(0, 2_500) : longStopMs);
        guard.signal('SIGCONT');
        return;
      case 'broker':
        await this.mesh.nats.kill();
        await delay(this.random.between(0, 1_500));
        await this.mesh.nats.run();
    }
  }

  /** Batches of random size, small, so that a trouble falls between the steps of one of many. */
  async #another(): Promise<ServiceProcess> {
    const guard = await this.mesh.guard({ BATCH_SIZE: String(this.random.between(2, 9)) });
    this.ran.push(guard);
    return guard;
  }
}
