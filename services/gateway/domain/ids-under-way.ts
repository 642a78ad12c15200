interface UnderWay {
  readonly digest: string;
  readonly accepted: Promise<boolean>;
  readonly untilMs: number;
}

/** What is known of an id: nothing · the same message, and whether it was accepted (or an error, where that failed) · another message. */
export type Repeat =
  | { readonly kind: 'no' }
  | { readonly kind: 'same'; readonly accepted: Promise<boolean> }
  | { readonly kind: 'other' };

/**
 * Ids that came by within the last moments, before the guard can have recorded them: a repeat in that time must not be judged by the
 * guard's records alone. Bounded in time and number, lost with the process; the guard judges every message again.
 */
export class IdsUnderWay {
  readonly #ids = new Map<string, UnderWay>();

  constructor(
    private readonly bounds: { readonly keepMs: number; readonly max: number } = {
      keepMs: 120_000,
      max: 50_000,
    },
  ) {}

  find(key: string, digest: string, nowMs: number): Repeat {
    const known = this.#ids.get(key);
    if (known === undefined || known.untilMs <= nowMs) return { kind: 'no' };
    return known.digest === digest ? { kind: 'same', accepted: known.accepted } : { kind: 'other' };
  }

  /** Remembers an id until its time is over; one that was not accepted is forgotten at once, so that it can be sent again. */
  add(key: string, digest: string, accepted: Promise<boolean>, nowMs: number): void {
    this.#prune(nowMs);
    const entry = { digest, accepted, untilMs: nowMs + this.bounds.keepMs };
    this.#ids.delete(key);
    this.#ids.set(key, entry);
    const forget = (): void => {
      if (this.#ids.get(key) === entry) this.#ids.delete(key);
    };
    accepted.then((isAccepted) => isAccepted || forget(), forget);
  }

  /** Oldest first, which is the order of the map. */
  #prune(nowMs: number): void {
    for (const [key, { untilMs }] of this.#ids) {
      if (untilMs > nowMs && this.#ids.size < this.bounds.max) return;
      this.#ids.delete(key);
    }
  }
}
