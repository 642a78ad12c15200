/** What was started, stopped in the reverse order whatever happens. */
export class Stack {
  private readonly stops: (() => Promise<void>)[] = [];
  private stopping: Promise<void> | undefined;

  push(stop: () => Promise<void>): void {
    this.stops.push(stop);
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const stop of this.stops.toReversed()) await stop();
    })();
    return this.stopping;
  }
}
