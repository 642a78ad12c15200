import { Clock } from './clock.js';

/** The system's own clock: mesh time is real time. */
export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }

  override fromReal(real: Date): Date {
    return real;
  }

  override realDelayMs(until: Date, from: Date = this.now()): number {
    return Math.max(0, until.getTime() - from.getTime());
  }

  override onChanged(): () => void {
    return () => undefined;
  }

  override stop(): void {}
}
