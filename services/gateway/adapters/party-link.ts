import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';

/** What can be used while the party is connected. */
export interface OpenLink {
  readonly connection: NatsConnection;
  readonly publisher: RoadPublisher;
}

/** Between two attempts of a party whose key the broker does not know (yet), or whose connection ended for good. */
const againMs = 1_000;
/** A caller of the HTTP edge waits for the broker no longer than this. */
const giveUpMs = 8_000;

/**
 * One party's connection to the broker, with that party's key. It is kept up by itself, for ever: a broker that is away or does not know
 * the party yet is tried again, and no other party notices.
 */
export class PartyLink {
  #open: OpenLink | undefined;
  #isUp = false;
  #isStopped = false;
  #tellUp: () => void = () => undefined;
  /** Settles when the party was connected for the first time; never rejects. */
  readonly firstUp = new Promise<void>((resolve) => (this.#tellUp = resolve));
  readonly #ended: Promise<void>;
  readonly #stopping = new AbortController();

  constructor(
    private readonly options: {
      readonly party: string;
      readonly seedFile: string;
      readonly natsUrl: string;
    },
    private readonly logger: Logger,
  ) {
    this.#ended = this.#keepUp();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get seedFile(): string {
    return this.options.seedFile;
  }

  /** @throws MeshError `broker-unavailable` at once while the party is not connected. */
  open(): OpenLink {
    if (this.#open === undefined || !this.#isUp)
      throw new MeshError('broker-unavailable', 'the party is not connected to the broker');
    return this.#open;
  }

  /** Lets what is on its way arrive, then closes. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#isStopped) {
      this.#isStopped = true;
      this.#stopping.abort();
      const open = this.#open;
      if (open !== undefined) {
        if (this.#isUp) await open.publisher.stop();
        await open.connection.close();
      }
    }
    await this.#ended;
  }

  async #keepUp(): Promise<void> {
    const { party, seedFile, natsUrl } = this.options;
    let told = false;
    while (!this.#isStopped) {
      try {
        const connection = await connectMesh({
          url: natsUrl,
          seedFile,
          name: `gateway ${party}`,
          waitMs: againMs,
        });
        told = false;
        await this.#serve(connection);
      } catch (error) {
        if (!told)
          this.logger.warn(
            { event: 'link-down', party, err: error },
            'party not connected; trying again',
          );
        told = true;
      }
      await delay(againMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #serve(connection: NatsConnection): Promise<void> {
    if (this.#isStopped) return connection.close();
    const { party } = this.options;
    this.#open = { connection, publisher: new RoadPublisher(connection, { giveUpMs }) };
    this.#isUp = true;
    this.#tellUp();
    this.logger.info({ event: 'link-up', party }, 'party connected');
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#isUp = false;
      if (status.type === 'reconnect') this.#isUp = true;
    }
    await connection.closed();
    this.#isUp = false;
    this.#open = undefined;
  }
}
