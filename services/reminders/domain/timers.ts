/** Wake-up call for one reminder. */
export interface Timer {
  /** The reminder's random id, and nothing else about it. */
  readonly reminder: string;
  readonly remindAt: Date;
}

/**
 * Calls back about the time a reminder is to go out: perhaps early, late, twice, or never. The schedule decides at the call whether it
 * is time; nothing is lost with a timer.
 */
export abstract class Timers {
  /**
   * Sets timers; one that is set already is left as it is.
   * @throws MeshError `timer-unavailable` when they cannot be set now.
   */
  abstract set(timers: readonly Timer[]): Promise<void>;

  /** Sets timers anew where their time has moved. @throws MeshError `timer-unavailable` */
  abstract move(timers: readonly Timer[]): Promise<void>;
}
