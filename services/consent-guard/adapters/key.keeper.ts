import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { GuardKeys } from './guard-keys.js';
import { inTransaction, keyFenceSql } from './key-fence.js';
import type { KeyRenewal } from './key-renewal.js';
import { RepeatingWork } from './repeating-work.js';

/** How often it is looked whether the file, or the version written with, has changed; in ms. */
const lookMs = 1_000;
/** An instance not seen for so long does not hold up a new version. Should it go on after all, its commits meet the fence. */
const goneSeconds = 10;

export interface KeyKeeperParts {
  readonly pool: Pool;
  readonly keys: GuardKeys;
  readonly keysFile: string;
  readonly renewal: KeyRenewal;
  readonly log: Logger;
}

/**
 * Lets the guard's key change while the mesh runs, in two steps: a new version is added to the file of every instance; then one file names it
 * as current. It is written with from the moment when all instances at work know it, and never sooner:
 *
 *   file changes ─▶ read again ─▶ "I know 1, 2" ─▶ all know 2 ─▶ writing := 2 (exclusive) ─▶ every commit under 1 fails, comes again under 2
 *
 * An instance that was stopped meanwhile and knows nothing of it cannot commit under the old version: it follows, or fails closed.
 */
export class KeyKeeper {
  private readonly instance = randomUUID();
  private readonly work: RepeatingWork;
  private seen = '';
  private readonly onSignal = (): void => {
    this.seen = '';
    this.work.wake();
  };

  constructor(private readonly parts: KeyKeeperParts) {
    const failure = 'the keys could not be looked after now';
    this.work = new RepeatingWork({
      everyMs: lookMs,
      log: parts.log,
      failure,
      run: () => this.look(),
    });
  }

  /** Resolves once this instance writes with what the others write with. @throws MeshError when it does not know that version */
  async open(): Promise<void> {
    const { pool, keys } = this.parts;
    await pool.query('update key_state set writing = $1 where writing is null', [keys.wanted]);
    keys.write(await this.writing());
    await this.look();
  }

  start(): void {
    this.work.start();
    process.on('SIGHUP', this.onSignal);
  }

  async stop(): Promise<void> {
    process.off('SIGHUP', this.onSignal);
    await this.work.stop();
    await this.parts.pool
      .query('delete from key_holder where instance = $1', [this.instance])
      .catch(() => undefined);
  }

  private async look(): Promise<void> {
    const { keys, renewal } = this.parts;
    await this.readChangedFile();
    await this.tellHeld();
    keys.write(await this.writing());
    if (keys.wanted > keys.version && (await this.doAllKnow(keys.wanted)))
      await this.moveTo(keys.wanted);
    await renewal.some();
  }

  private async readChangedFile(): Promise<void> {
    const { keys, keysFile, log, renewal } = this.parts;
    const { ino, mtimeMs, size } = await stat(keysFile);
    const seen = `${ino} ${mtimeMs} ${size}`;
    if (seen === this.seen) return;
    this.seen = seen;
    try {
      await keys.reload((versions) => renewal.stillNeeded(versions));
      log.info(
        { event: 'keys-read', versions: keys.versions, wanted: keys.wanted },
        'the file of keys was read',
      );
    } catch (error) {
      log.error({ err: error }, 'the file of keys is not taken; the keys stay as they were');
    }
  }

  private async tellHeld(): Promise<void> {
    await this.parts.pool.query(
      `insert into key_holder (instance, versions, seen_at) values ($1, $2, now())
       on conflict (instance) do update set versions = excluded.versions, seen_at = excluded.seen_at`,
      [this.instance, this.parts.keys.versions],
    );
    await this.parts.pool.query(`delete from key_holder where seen_at < now() - interval '1 hour'`);
  }

  private async doAllKnow(version: number): Promise<boolean> {
    const { rows } = await this.parts.pool.query<{ all: boolean }>(
      `select bool_and($1 = any(versions)) as all from key_holder where seen_at > now() - make_interval(secs => ${goneSeconds})`,
      [version],
    );
    return rows[0]?.all === true;
  }

  private async moveTo(version: number): Promise<void> {
    const { pool, keys, log } = this.parts;
    await inTransaction(pool, async (db) => {
      await db.query(keyFenceSql(true));
      await db.query('update key_state set writing = $1 where writing < $1', [version]);
    });
    keys.write(await this.writing());
    log.info(
      { event: 'key-version', writing: keys.version },
      'another version of the key is written with',
    );
  }

  private async writing(): Promise<number> {
    const { rows } = await this.parts.pool.query<{ writing: number }>(
      'select writing from key_state',
    );
    return rows[0]?.writing ?? this.parts.keys.version;
  }
}
