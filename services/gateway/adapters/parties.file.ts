import { type FSWatcher, accessSync, constants, readFileSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { isPartyId, isServiceParty } from '#libs/contracts/party.js';

/** A party that this gateway serves. */
export interface GatewayParty {
  readonly party: string;
  /** Absolute path of the party's nkey seed. */
  readonly seedFile: string;
  /**
   * `sha256:` and 64 hex digits over the token's text. Enough for a random 256-bit token, which no one can guess from its hash. Undefined: the party
   * comes in by access tokens alone.
   */
  readonly tokenHash?: string | undefined;
  /** Whose access tokens are this party's. */
  readonly clients: readonly OAuthClient[];
}

/** A client of an OAuth issuer. Two issuers may have clients of one name. */
export interface OAuthClient {
  /** Exactly as it stands in `iss`. */
  readonly issuer: string;
  /** Its `client_id`. */
  readonly client: string;
}

const entry = z
  .strictObject({
    party: z.string().refine((id) => isPartyId(id) && !isServiceParty(id)),
    seedFile: z.string().min(1),
    tokenHash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional(),
    clients: z.array(z.strictObject({ issuer: z.url(), client: z.string().min(1) })).default([]),
  })
  .refine(({ tokenHash, clients }) => tokenHash !== undefined || clients.length > 0);

/** Several writes of one change are read as one. */
const settleMs = 100;

/**
 * The parties of `GATEWAY_PARTIES_FILE`: JSON `[{ party, seedFile, tokenHash, clients }]` with a token or a client at least, relative seed paths from the file's folder. Read again
 * when the file changes or is replaced. A new list that is wrong in any part is refused whole and logged; the old one stays.
 */
export class PartiesFile {
  #parties: readonly GatewayParty[];
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners: ((parties: readonly GatewayParty[]) => void)[] = [];

  /** @throws MeshError `config-invalid` when the file is wrong at start. */
  constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {
    this.#parties = readParties(path);
  }

  get parties(): readonly GatewayParty[] {
    return this.#parties;
  }

  /** Called with each new list, in the order of registration. */
  onChanged(listener: (parties: readonly GatewayParty[]) => void): void {
    this.#listeners.push(listener);
  }

  /** The folder is watched, not the file: a file that is replaced by rename is another one. */
  start(): void {
    this.#watcher ??= watch(dirname(this.path), { persistent: false }, (_event, name) => {
      if (name !== null && name !== basename(this.path)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.reload(), settleMs);
    }).on('error', (error) =>
      this.logger.error(
        { event: 'parties-watch-failed', err: error },
        'the parties file is no longer watched',
      ),
    );
  }

  reload(): void {
    try {
      this.#parties = readParties(this.path);
    } catch (error) {
      this.logger.error(
        { event: 'parties-refused', err: error },
        'the new list of parties is refused; the old one stays',
      );
      return;
    }
    this.logger.info(
      { event: 'parties-read', count: this.#parties.length },
      'list of parties read',
    );
    for (const listener of this.#listeners) listener(this.#parties);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

function readParties(path: string): readonly GatewayParty[] {
  const read = z.array(entry).safeParse(readJson(path));
  if (!read.success) {
    const places = read.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new MeshError(
      'config-invalid',
      `the parties file is not a list of { party, seedFile, tokenHash, clients } with a token or a client each: see ${places || 'all of it'}`,
    );
  }
  refuseTwice(
    'party',
    read.data.map(({ party }) => party),
  );
  refuseTwice(
    'tokenHash',
    read.data.flatMap(({ tokenHash }) => tokenHash ?? []),
  );
  refuseTwice(
    'client',
    read.data.flatMap(({ clients }) => clients.map((each) => `${each.issuer} ${each.client}`)),
  );
  return read.data.map((each) => ({
    ...each,
    seedFile: readableFile(resolve(dirname(path), each.seedFile), each.party),
  }));
}

/** A token or a client that stood for two parties would make one the other. */
function refuseTwice(what: string, values: readonly string[]): void {
  if (new Set(values).size < values.length)
    throw new MeshError('config-invalid', `the parties file has the same ${what} twice`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new MeshError('config-invalid', 'the parties file cannot be read as JSON', {
      cause: error,
    });
  }
}

function readableFile(path: string, party: string): string {
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch (error) {
    throw new MeshError('config-invalid', `the seed file of ${party} cannot be read`, {
      cause: error,
    });
  }
}
