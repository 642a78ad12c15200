export interface TakeOptions {
  /** At most so many, 1 to 50. */
  readonly max: number;
  /** How long to wait for the first one. */
  readonly waitMs: number;
  /** True once nobody waits for the answer any more: what was taken goes back at once. */
  readonly isAbandoned: () => boolean;
}

/** What was delivered to a party. Each message stays in the inbox until it is acknowledged. */
export abstract class PartyInbox {
  /**
   * Takes messages in hand, oldest first: for a minute nobody else gets them, then they come again.
   * @throws MeshError `broker-unavailable` · `too-many-requests` (too many calls of this party wait already)
   */
  abstract take(
    party: string,
    options: TakeOptions,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;

  /**
   * Acknowledges a message that was taken, here or at another gateway; again is as good as once. `not-in-hand`: the party never had it.
   * @throws MeshError `broker-unavailable`
   */
  abstract acknowledge(party: string, id: string): Promise<'acknowledged' | 'not-in-hand'>;
}
