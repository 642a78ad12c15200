import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { GatewayClient, Worklist } from './gateway.client.js';

/** A worklist as it was at a time. */
interface Had {
  readonly worklist: Worklist;
  readonly at: Date;
}

/** Keeps the last worklist of each office, for when the mesh does not answer. In memory: after a restart there is none. */
export class WorklistCache {
  readonly #last = new Map<string, Had>();

  constructor(
    private readonly gateway: GatewayClient,
    private readonly clock: Clock,
  ) {}

  /** As it was when it was last had. The mesh is not asked. */
  last(office: string): Had | undefined {
    return this.#last.get(office);
  }

  /** `asOf` is set where it is an older one. Undefined where nothing can be had. */
  async of(
    office: string,
  ): Promise<{ readonly worklist: Worklist; readonly asOf: Date | undefined } | undefined> {
    try {
      const worklist = await this.gateway.worklist(office);
      this.#last.set(office, { worklist, at: this.clock.now() });
      return { worklist, asOf: undefined };
    } catch (error) {
      if (!(error instanceof MeshError) || error.code !== 'broker-unavailable') throw error;
      const last = this.#last.get(office);
      return last === undefined ? undefined : { worklist: last.worklist, asOf: last.at };
    }
  }
}
