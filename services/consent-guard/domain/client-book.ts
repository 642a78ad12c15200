import { type Client, type IdentityPrints, type ShownPrints, isShown } from './client-identity.js';

/** Clients that were read for a batch, or bound by it, and the ways to find them. */
export class ClientBook {
  private readonly clients = new Map<string, Client>();
  private readonly byIdentity = new Map<string, string>();
  private readonly byNino = new Map<string, string[]>();

  constructor(clients: Iterable<Client>) {
    for (const client of clients) this.put(client);
  }

  get = (id: string): Client | undefined => this.clients.get(id);

  /** The client who is shown, found by the whole of the identity; one recorded before there was a hash of the whole, by its parts. */
  shown(shown: ShownPrints): Client | undefined {
    for (const { identity } of shown) {
      const id = identity === undefined ? undefined : this.byIdentity.get(identity);
      if (id !== undefined) return this.clients.get(id);
    }
    return this.withNino(shown).find(
      ({ prints }) => prints.identity === undefined && isShown(prints, shown),
    );
  }

  /** Whoever has this NI number, whatever the date of birth and surname. */
  withNino(shown: ShownPrints): readonly Client[] {
    const ids = shown.flatMap(({ nino }) =>
      nino === undefined ? [] : (this.byNino.get(nino) ?? []),
    );
    return ids.flatMap((id) => this.clients.get(id) ?? []);
  }

  /** As the store writes it: who is found by this identity goes on being found by it, and one bound to it later is a second. */
  bind(id: string, prints: IdentityPrints): void {
    const found = prints.identity === undefined ? undefined : this.byIdentity.get(prints.identity);
    this.put({
      id,
      prints,
      isSecond: this.clients.get(id)?.isSecond === true || (found !== undefined && found !== id),
    });
  }

  private put(client: Client): void {
    const { id, prints, isSecond } = client;
    this.clients.set(id, client);
    if (prints.identity !== undefined && isSecond !== true)
      this.byIdentity.set(prints.identity, id);
    if (prints.nino === undefined) return;
    const same = this.byNino.get(prints.nino);
    if (same === undefined) this.byNino.set(prints.nino, [id]);
    else if (!same.includes(id)) same.push(id);
  }
}
