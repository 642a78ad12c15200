/** The subject that acknowledges one delivery, and when the broker stops waiting for it (monotonic milliseconds). */
export interface Handle {
  readonly ackSubject: string;
  readonly untilMs: number;
  /** Which start of the broker gave it: another may have a different message under the same number. */
  readonly broker: string | undefined;
}

export type AckStep =
  | { readonly kind: 'ack'; readonly handle: Handle }
  | { readonly kind: 'done' }
  | { readonly kind: 'not-in-hand' };

/**
 * The messages that one party took and has not acknowledged yet, by message id, and the ids it acknowledged of late. In memory only:
 * after a restart its messages come again, and are acknowledged then.
 *
 *     taken ─▶ in hand ─┬─ acknowledge ─▶ acknowledged (again: done)
 *                       └─ ack wait over, broker started anew ─▶ forgotten; the inbox gives it again
 */
export class InHand {
  readonly #handles = new Map<string, Handle>();
  readonly #acknowledged = new Map<string, number>();

  constructor(private readonly keepAcknowledgedMs = 600_000) {}

  add(id: string, handle: Handle, nowMs: number): void {
    for (const [known, { untilMs }] of this.#handles)
      if (untilMs <= nowMs) this.#handles.delete(known);
    for (const [known, untilMs] of this.#acknowledged) {
      if (untilMs > nowMs) break;
      this.#acknowledged.delete(known);
    }
    this.#handles.set(id, handle);
  }

  /** Was it acknowledged before? Then the broker lost the acknowledgement, and nobody needs to see the message again. */
  isAcknowledged(id: string): boolean {
    return this.#acknowledged.has(id);
  }

  step(id: string, nowMs: number, broker: string | undefined): AckStep {
    const handle = this.#handles.get(id);
    if (handle !== undefined && handle.untilMs > nowMs && handle.broker === broker)
      return { kind: 'ack', handle };
    return { kind: this.#acknowledged.has(id) ? 'done' : 'not-in-hand' };
  }

  forget(id: string): void {
    this.#handles.delete(id);
  }

  acknowledged(id: string, nowMs: number): void {
    this.#handles.delete(id);
    this.#acknowledged.set(id, nowMs + this.keepAcknowledgedMs);
  }
}
