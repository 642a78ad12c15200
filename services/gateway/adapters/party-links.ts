import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { GatewayParty } from './parties.file.js';
import { type OpenLink, PartyLink } from './party-link.js';

/** The connections of all parties of this gateway: one each, never one for two. */
export class PartyLinks {
  readonly #links = new Map<string, PartyLink>();
  readonly #leaving = new Set<Promise<void>>();
  #isStopped = false;

  constructor(
    private readonly natsUrl: string,
    private readonly logger: Logger,
  ) {}

  /** Connects who is new, lets go who is no longer listed, connects anew who has another seed file. The others notice nothing. */
  apply(parties: readonly GatewayParty[]): void {
    if (this.#isStopped) return;
    const wanted = new Map(parties.map((each) => [each.party, each.seedFile]));
    for (const [party, link] of this.#links)
      if (wanted.get(party) !== link.seedFile) this.#letGo(party, link);
    for (const [party, seedFile] of wanted)
      if (!this.#links.has(party))
        this.#links.set(
          party,
          new PartyLink({ party, seedFile, natsUrl: this.natsUrl }, this.logger),
        );
  }

  /** @throws MeshError `broker-unavailable` */
  open(party: string): OpenLink {
    const link = this.#links.get(party);
    if (link === undefined)
      throw new MeshError('broker-unavailable', 'the party is not connected to the broker');
    return link.open();
  }

  /** Parties that are not connected now. */
  down(): readonly string[] {
    return [...this.#links].filter(([, link]) => !link.isUp).map(([party]) => party);
  }

  /** Waits until every party was connected once, but no longer than that. */
  async firstUp(withinMs: number): Promise<void> {
    const enough = new AbortController();
    const late = delay(withinMs, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([Promise.all([...this.#links.values()].map((link) => link.firstUp)), late]);
    enough.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const [party, link] of this.#links) this.#letGo(party, link);
    await Promise.all(this.#leaving);
  }

  #letGo(party: string, link: PartyLink): void {
    this.#links.delete(party);
    const left = link
      .stop()
      .catch((error: unknown) =>
        this.logger.warn(
          { event: 'link-stop-failed', party, err: error },
          'connection did not close cleanly',
        ),
      )
      .finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}
