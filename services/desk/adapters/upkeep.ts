import type { Logger } from 'pino';
import type { DraftStore } from './draft.store.js';
import type { MessageSender } from './message.sender.js';
import type { MessageStore } from './message.store.js';
import type { SessionStore } from './session.store.js';
import type { UnreadStore } from './unread.store.js';

const everyMs = 5_000;
/** Whoever pressed Send waits for the answer himself for so long. */
const olderThanSeconds = 20;
/** What is old is looked for once in so many rounds: an hour. */
const roundsAnHour = 720;

/** Sends what has no answer yet, and forgets what is too old. */
export class Upkeep {
  #timer: NodeJS.Timeout | undefined;
  #round = 0;
  #working: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: {
      readonly messages: MessageStore;
      readonly sender: MessageSender;
      readonly drafts: DraftStore;
      readonly sessions: SessionStore;
      readonly unread: UnreadStore;
      readonly logger: Logger;
      readonly keepDays: number;
    },
  ) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#working = this.#working
        .then(() => this.#work())
        .catch((err: unknown) => this.parts.logger.warn({ err }, 'upkeep is tried again'));
    }, everyMs);
  }

  async #work(): Promise<void> {
    const { messages, sender, drafts, sessions, unread, keepDays, logger } = this.parts;
    for (const kept of await messages.unanswered(olderThanSeconds))
      // One that cannot be sent holds up its own case, and no other.
      await sender.put(kept).catch((err: unknown) => logger.warn({ err }, 'a message waits'));
    this.#round += 1;
    if (this.#round % roundsAnHour !== 1) return;
    const count = await messages.eraseOld(keepDays);
    if (count > 0) logger.info({ event: 'erased-old', count }, 'content was erased in time');
    await drafts.forgetOld();
    await sessions.forgetOld();
    await unread.forgetOld();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }
}
