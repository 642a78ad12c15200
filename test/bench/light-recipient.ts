import { randomUUID } from 'node:crypto';
import { takeReply } from '#libs/contracts/ask-inbox.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { askFor } from '#libs/nats/ask-client.js';
import type { MeshParty } from '#test/support/mesh-party.js';

/** Two questions at once: while the answer to one is read, the guard works on the other. */
const questions = 2;
const atOnce = 256;
const waitMs = 500;

/** Takes what is cleared to a party and tells with the next question that it is done: the least work by which a recipient can have it. */
export class LightRecipient {
  onId: (id: string) => void = () => undefined;
  /** All that was taken. */
  readonly taken: DeliveredMessage[] = [];
  /** Of how many the guard has been told, and has answered, that they are done. */
  settled = 0;
  #isStopped = false;
  readonly #loops: Promise<void>[];

  constructor(private readonly party: MeshParty) {
    this.#loops = Array.from({ length: questions }, () => this.#run());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #run(): Promise<void> {
    let done: string[] = [];
    while (!this.#isStopped || done.length > 0) {
      const payload = {
        take: randomUUID(),
        max: atOnce,
        waitMs: this.#isStopped ? 0 : waitMs,
        done,
      };
      const { messages } = await askFor(this.party.connection, 'take', {
        payload,
        reply: takeReply,
        timeoutMs: 30_000,
      });
      this.settled += done.length;
      done = messages.map(({ message }) => message.id);
      for (const id of done) this.onId(id);
      this.taken.push(...messages.map(({ message }) => message as unknown as DeliveredMessage));
    }
  }
}
