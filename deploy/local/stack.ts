/** What was started, stopped in the reverse order whatever happens. */
export class Stack {
  readonly #stops: (() => Promise<void>)[] = [];
  #stopping: Promise<void> | undefined;

  /** @throws Error when all is being stopped already: then this one, which has just started, is stopped too */
  async push(stop: () => Promise<void>): Promise<void> {
    if (this.#stopping === undefined) {
      this.#stops.push(stop);
      return;
    }
    await stop();
    throw new Error('the mesh was stopped while it started');
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop();
  }
}
