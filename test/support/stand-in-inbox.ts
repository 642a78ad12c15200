import { askEvents, askSettle, askTake } from '#libs/contracts/ask-inbox.js';

interface Kept {
  readonly id: string;
  readonly place: number;
  readonly message: unknown;
  given: number;
  isDone: boolean;
  handUntil: number;
  /** The take that it was given to last. */
  take: string;
}

/** Wakes those who wait, all of them at once. */
class Bell {
  readonly #waiting = new Set<(isEnd: boolean) => void>();

  /** @param isEnd who waits is to wait no longer, though nothing has come */
  ring(isEnd = false): void {
    for (const wake of this.#waiting) wake(isEnd);
    this.#waiting.clear();
  }

  /** @returns whether it is the end of waiting */
  within(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isEnd: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(isEnd);
      };
      const timer = setTimeout(() => done(false), ms);
      this.#waiting.add(done);
    });
  }
}

/**
 * The guard's inboxes, in memory: what is delivered waits, is in hand for a minute, and goes when it is done; a take that asks again is given the
 * same again. It keeps no order within a case.
 */
export class StandInInbox {
  readonly #kept = new Map<string, Kept[]>();
  readonly #bell = new Bell();
  #place = 0;

  deliver(party: string, id: string, message: unknown): void {
    const kept = {
      id,
      place: ++this.#place,
      message,
      given: 0,
      isDone: false,
      handUntil: 0,
      take: '',
    };
    this.#kept.set(party, [...this.#of(party), kept]);
    this.#bell.ring();
  }

  /** Answers who waits with nothing, now. */
  endWaits(): void {
    this.#bell.ring(true);
  }

  /** What waits or is in hand. */
  open(party: string): readonly unknown[] {
    return this.#of(party).flatMap(({ isDone, message }) => (isDone ? [] : [message]));
  }

  async take(party: string, payload: unknown): Promise<object> {
    const { take, max, waitMs, done } = askTake.parse(payload);
    if (done.length > 0) this.settle(party, { done });
    const end = performance.now() + waitMs;
    for (let isEnd = false; ;) {
      const now = performance.now();
      const free = this.#of(party).filter(
        (each) => !each.isDone && (each.handUntil <= now || each.take === take),
      );
      if (free.length > 0 || now >= end || isEnd) {
        const messages = free.slice(0, max).map((each) => {
          each.given += 1;
          each.handUntil = now + 60_000;
          each.take = take;
          return { place: each.place, given: each.given, message: each.message };
        });
        return { ok: true, messages };
      }
      const next = Math.min(
        end,
        ...this.#of(party).map((each) => (each.isDone ? end : each.handUntil)),
      );
      isEnd = await this.#bell.within(next - now);
    }
  }

  settle(party: string, payload: unknown): object {
    const { done, again } = askSettle.parse(payload);
    const own = this.#of(party);
    const known = own.filter(({ id, given }) => given > 0 && done.includes(id));
    for (const each of known) each.isDone = true;
    for (const { id, afterMs } of again)
      for (const each of own) if (each.id === id) each.handUntil = performance.now() + afterMs;
    this.#bell.ring();
    return { ok: true, done: known.map(({ id }) => id) };
  }

  #of(party: string): Kept[] {
    return this.#kept.get(party) ?? [];
  }
}

/** What the guard tells of its decisions, in memory and numbered from 1. */
export class StandInEvents {
  readonly #events: unknown[] = [];
  readonly #bell = new Bell();

  publish(event: unknown): void {
    this.#events.push(event);
    this.#bell.ring();
  }

  /** Answers who waits with nothing, now. */
  endWaits(): void {
    this.#bell.ring(true);
  }

  async events(payload: unknown): Promise<object> {
    const { after, max, waitMs } = askEvents.parse(payload);
    if (this.#events.length <= after) await this.#bell.within(waitMs);
    const events = this.#events
      .slice(after, after + max)
      .map((event, index) => ({ number: after + index + 1, event }));
    return { ok: true, events };
  }
}
