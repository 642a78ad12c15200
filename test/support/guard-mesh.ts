import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { LocalClock } from '#libs/clock/local-clock.js';
import { newNoteKey } from '#libs/evidence/note-keys.js';
import { parties, personOf } from './guard-builders.js';
import { MeshParty } from './mesh-party.js';
import { NatsForTest } from './nats-for-test.js';
import { ServiceProcess } from './service-process.js';
import { sharedPostgres } from './shared-postgres.js';
import { type PostgresServer, startPostgres } from './start-postgres.js';
import { usualStart } from './usual-start.js';

export interface GuardMeshOptions {
  /** Parties beside those of `guard-builders` that get accounts and streams, but no place in the directory. */
  readonly unlisted?: readonly string[];
  /** Room for each stream. */
  readonly maxBytes?: number;
  /** A PostgreSQL that nobody else uses, and that the test may kill; so it is with either of the next two, too. */
  readonly ownPostgres?: boolean;
  /** PostgreSQL with fsync, as deployed. */
  readonly isDurable?: boolean;
  /** PostgreSQL's `shared_buffers`. */
  readonly sharedBuffers?: string;
}

/** Broker, database, a clock that starts at `usualStart`, and the directory of `guard-builders`; the guard itself is a process, or several, that can be stopped and killed. */
export class GuardMesh {
  readonly #parties = new Map<string, MeshParty>();
  readonly #guards: ServiceProcess[] = [];

  private constructor(
    readonly nats: NatsForTest,
    readonly postgres: PostgresServer,
    readonly databaseUrl: string,
    /** The mesh's time, as the guards and parties have it. */
    readonly clock: LocalClock,
  ) {}

  /** The guard's keys, which make the hashes that clients are found by. */
  get keysFile(): string {
    return keysFileIn(this.nats.folder);
  }

  /** CLOCK_FILE of whoever takes part. */
  get clockFile(): string {
    return clockFileIn(this.nats.folder);
  }

  static async start({
    unlisted = [],
    maxBytes,
    ownPostgres = false,
    isDurable = false,
    sharedBuffers,
  }: GuardMeshOptions = {}): Promise<GuardMesh> {
    const ids = [...parties.map(({ id }) => id), ...unlisted];
    const [nats, postgres] = await Promise.all([
      NatsForTest.start(ids, maxBytes),
      ownPostgres || isDurable || sharedBuffers !== undefined
        ? startPostgres({ isDurable, sharedBuffers })
        : sharedPostgres(),
    ]);
    await writeFile(
      keysFileIn(nats.folder),
      JSON.stringify({ current: 1, keys: { '1': randomBytes(32).toString('base64') } }),
      { mode: 0o600 },
    );
    await writeFile(join(nats.folder, 'evidence.key'), newNoteKey('example.org/test').signerKey, {
      mode: 0o600,
    });
    await LocalClockControl.open(clockFileIn(nats.folder), usualStart);
    const clock = new LocalClock(clockFileIn(nats.folder));
    const databaseUrl = await postgres.createDatabase('guard');
    return new GuardMesh(nats, postgres, databaseUrl, clock);
  }

  /** One more guard, once it is ready. */
  async guard(
    env: Readonly<Record<string, string>> = {},
    nodeArgs: readonly string[] = [],
  ): Promise<ServiceProcess> {
    const own = {
      MESH_ENV: 'local',
      NATS_URL: this.nats.broker.url,
      NATS_SEED_FILE: this.nats.seedFile('guard'),
      DATABASE_URL: this.databaseUrl,
      GUARD_KEYS_FILE: this.keysFile,
      EVIDENCE_KEY_FILE: join(this.nats.folder, 'evidence.key'),
      CLOCK_FILE: this.clockFile,
    };
    const guard = ServiceProcess.start('consent-guard', { ...own, ...env }, nodeArgs);
    this.#guards.push(await guard);
    return guard;
  }

  async party(id: string): Promise<MeshParty> {
    const known = this.#parties.get(id);
    if (known !== undefined) return known;
    const party = new MeshParty(id, await this.nats.connect(id), this.clock);
    this.#parties.set(id, party);
    return party;
  }

  /** The operator puts the directory, over the road; resolves when the guard has it. Needs a guard at work. */
  async applyDirectory(): Promise<void> {
    const operator = await this.party('svc_ops');
    for (const { id, kind, agency, serves } of parties) {
      const person = personOf(id);
      const party = {
        party: id,
        kind,
        agency,
        name: id,
        serves,
        dutyPerson: person,
        teamLeader: person,
      };
      await operator.send({ name: 'directory.party-put', to: 'mesh', data: party });
      const job = { person, party: id, job: jobOf(kind), deputy: person };
      const last = await operator.send({ name: 'directory.person-put', to: 'mesh', data: job });
      const { state } = await operator.verdict(last);
      if (state !== 'cleared') throw new Error(`the directory was not taken: ${state}`);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#guards.map((guard) => guard.end()));
    await Promise.all([...this.#parties.values()].map((party) => party.stop()));
    this.clock.stop();
    await this.nats.stop();
    await this.postgres.stop();
  }
}

const keysFileIn = (folder: string): string => join(folder, 'guard-keys.json');
const clockFileIn = (folder: string): string => join(folder, 'clock.json');

const jobOf = (kind: string): string =>
  kind === 'jobcentre' ? 'adviser' : kind === 'probation' ? 'offender-manager' : 'keyworker';
