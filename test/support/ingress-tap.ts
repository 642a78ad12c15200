import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { IngressReader } from '#libs/nats/ingress-reader.js';

/** What a party puts out, each once and in order, for a stand-in of the guard under the guard's own key. */
export class IngressTap {
  readonly #reader: IngressReader;
  readonly #loop: Promise<void>;
  #isStopped = false;
  #readTo = 0;

  constructor(
    connection: NatsConnection,
    party: string,
    private readonly take: (text: string) => unknown,
  ) {
    this.#reader = new IngressReader({ connection, party, batchSize: 64 });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#reader.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#reader.isReading)
        await this.#reader.begin().catch(() => delay(this.#isStopped ? 0 : 50));
      for (const { data, seq } of await this.#reader.next()) {
        // A reading that begins anew begins at the first.
        if (seq <= this.#readTo) continue;
        await this.take(Buffer.from(data).toString('utf8'));
        this.#readTo = seq;
      }
    }
  }
}
