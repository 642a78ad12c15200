import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import type { GatewayClient } from './gateway.client.js';
import type { MessageStore } from './message.store.js';
import type { UnreadStore } from './unread.store.js';

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
      readonly unread: UnreadStore;
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
    for (const message of await this.parts.gateway.take(this.office))
      // The others behind one that cannot be kept do not wait for it.
      if (await this.#keep(message)) await this.parts.gateway.acknowledge(this.office, message.id);
  }

  /** @returns false where it could not be kept: it comes again in a minute, and the office's people see that there is one */
  async #keep(message: DeliveredMessage): Promise<boolean> {
    const { messages, unread, logger } = this.parts;
    try {
      await messages.receive(this.office, message);
    } catch (err) {
      logger.error({ event: 'message-not-kept', err, office: this.office }, 'comes again');
      await unread.note(this.office, message.id);
      return false;
    }
    await unread.settle(this.office, message.id);
    return true;
  }

  /** Does not wait for a take that is under way: what it took and nobody keeps comes again. */
  stop(): void {
    this.#isStopping = true;
    this.#stop.abort();
  }
}
