import { Clock } from '#libs/clock/clock.js';

/** Stands, on a Monday morning or as it is told, until it is moved. */
export class StandingClock extends Clock {
  readonly listeners = new Set<() => void>();

  constructor(private shown = new Date('2026-03-02T10:00:00Z')) {
    super();
  }

  override now(): Date {
    return this.shown;
  }
  override fromReal(real: Date): Date {
    return real;
  }
  override realDelayMs(): number {
    return Infinity;
  }
  override onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  override stop(): void {
    this.listeners.clear();
  }
  move(to: string): void {
    this.shown = new Date(to);
    for (const listener of this.listeners) listener();
  }
}
