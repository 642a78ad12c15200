import type { PartyEntry } from './directory-file.js';

export interface ProvisionedParty {
  /** For the gateway's callers: shown once, stored nowhere but as a hash. */
  readonly token: string;
  /** What was done, for the operator to read. */
  readonly notes: readonly string[];
}

/**
 * What a new party needs beside its entry in the directory: a key, an account with its streams at the broker, a bearer token at the edge.
 * How that is done is the deployment's business, so the deployment fills this port.
 */
export abstract class PartyProvisioner {
  /**
   * A party that has its account already gets a new token only where `renewToken` says so: its old one ends at once.
   * @throws MeshError `config-invalid` when the party is there already and no new token was asked for
   */
  abstract provision(party: PartyEntry, renewToken: boolean): Promise<ProvisionedParty>;
}
