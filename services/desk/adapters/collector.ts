import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { GatewayClient } from './gateway.client.js';
import type { MessageStore } from './message.store.js';

const againMs = 1_000;

/** Takes what waits for one office, keeps it, and only then acknowledges. One that was kept and not acknowledged comes again, and changes nothing. */
export class Collector {
  #isStopping = false;
  readonly #stop = new AbortController();

  constructor(
    private readonly office: string,
    private readonly parts: {
      readonly gateway: GatewayClient;
      readonly messages: MessageStore;
      readonly logger: Logger;
    },
  ) {}

  /** Once. It ends with `stop()`. */
  start(): void {
    void this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#collect();
      } catch (err) {
        const code = err instanceof MeshError ? err.code : 'internal';
        this.parts.logger.warn({ event: 'collect-failed', office: this.office, code }, 'again');
        await delay(againMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  async #collect(): Promise<void> {
    const { gateway, messages } = this.parts;
    for (const message of await gateway.take(this.office))
      try {
        await messages.receive(this.office, message);
        await gateway.acknowledge(this.office, message.id);
      } catch (err) {
        // It comes again in a minute. The others behind it do not wait for that.
        this.parts.logger.error({ err, office: this.office }, 'a message could not be kept');
      }
  }

  /** Does not wait for a take that is under way: what it took and nobody keeps comes again. */
  stop(): void {
    this.#isStopping = true;
    this.#stop.abort();
  }
}
