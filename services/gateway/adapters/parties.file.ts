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
  /** `sha256:` and 64 hex digits over the token's text. Enough for a random 256-bit token, which no one can guess from its hash. */
  readonly tokenHash: string;
}

const entry = z.strictObject({
  party: z.string().refine((id) => isPartyId(id) && !isServiceParty(id)),
  seedFile: z.string().min(1),
  tokenHash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

/** Several writes of one change are read as one. */
const settleMs = 100;

/**
 * The parties of `GATEWAY_PARTIES_FILE`: JSON `[{ party, seedFile, tokenHash }]`, relative seed paths from the file's folder. Read again
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
      `the parties file is not a list of { party, seedFile, tokenHash }: see ${places || 'all of it'}`,
    );
  }
  for (const key of ['party', 'tokenHash'] as const)
    if (new Set(read.data.map((each) => each[key])).size < read.data.length)
      throw new MeshError(
        'config-invalid',
        `the parties file has two entries with the same ${key}`,
      );
  return read.data.map((each) => ({
    ...each,
    seedFile: readableFile(resolve(dirname(path), each.seedFile), each.party),
  }));
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
