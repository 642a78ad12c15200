import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { RepeatingWork } from './repeating-work.js';

/** What those who follow events wait for; no party has that name. */
export const eventsKey = 'events.';
/** Between guards, inside HUB alone: JSON, a list of keys. */
const wakeSubject = 'wake';
/** A wake-up that is lost is made good within so long. */
const lookMs = 1_000;

const somethingWaitsSql = `select distinct recipient as key from delivery
  where recipient = any($1::text[]) and state = 'open' and (hand_until is null or hand_until <= clock_timestamp())`;

/**
 * Wakes those who wait for deliveries or events: told by the batch that commits some, here and at the other guards at once; and once a second
 * by one look for all who wait, for what was told to nobody.
 */
export class Wakes {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly looking: RepeatingWork;
  private subscription: Subscription | undefined;
  private isStopped = false;

  constructor(
    private readonly parts: {
      readonly connection: NatsConnection;
      readonly pool: Pool;
      readonly log: Logger;
    },
  ) {
    this.looking = new RepeatingWork({
      everyMs: lookMs,
      log: parts.log,
      failure: 'what waits cannot be looked for now',
      run: () => this.look(),
    });
  }

  start(): void {
    this.subscription = this.parts.connection.subscribe(wakeSubject, {
      callback: (error, message) => {
        if (error === null) this.rouse(keysIn(message.string()));
      },
    });
    this.looking.start();
  }

  /** Nobody waits any longer. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (!this.parts.connection.isClosed()) this.subscription?.unsubscribe();
    await this.looking.stop();
    this.rouse([...this.waiting.keys()]);
  }

  wake(keys: readonly string[]): void {
    this.rouse(keys);
    const { connection } = this.parts;
    if (!connection.isClosed()) connection.publish(wakeSubject, JSON.stringify(keys));
  }

  /** To be made before one looks, so that nothing is missed between. */
  register(key: string): Waiting {
    let isRoused = this.isStopped;
    let rouse = (): void => {
      isRoused = true;
    };
    const own = this.waiting.get(key) ?? new Set();
    const onWake = (): void => rouse();
    own.add(onWake);
    this.waiting.set(key, own);
    const leave = (): void => {
      own.delete(onWake);
      if (own.size === 0 && this.waiting.get(key) === own) this.waiting.delete(key);
    };
    return {
      leave,
      isEnding: () => this.isStopped,
      within: (ms) =>
        new Promise((resolve) => {
          if (isRoused) return resolve();
          const timer = setTimeout(resolve, ms);
          rouse = () => {
            clearTimeout(timer);
            resolve();
          };
        }),
    };
  }

  private rouse(keys: readonly string[]): void {
    for (const key of keys) for (const wake of this.waiting.get(key) ?? []) wake();
  }

  private async look(): Promise<void> {
    const keys = [...this.waiting.keys()];
    if (keys.length === 0) return;
    this.rouse([eventsKey]);
    const parties = keys.filter((key) => key !== eventsKey);
    if (parties.length === 0) return;
    const { rows } = await this.parts.pool.query<{ key: string }>(somethingWaitsSql, [parties]);
    this.rouse(rows.map(({ key }) => key));
  }
}

/** One who waits; `leave` when done. */
export interface Waiting {
  /** Until woken, also since `register`; at most so many ms. */
  within(ms: number): Promise<void>;
  /** The guard stops: answer with what there is. */
  isEnding(): boolean;
  leave(): void;
}

function keysIn(text: string): readonly string[] {
  try {
    const keys: unknown = JSON.parse(text);
    return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}
