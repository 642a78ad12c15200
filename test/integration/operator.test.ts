import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tokenHashOf } from '#deploy/local/gateway-parties.js';
import { writeMeshState } from '#deploy/local/mesh-state.js';
import { LocalProvisioner } from '#deploy/ops/local.provisioner.js';
import { readSampleDirectory, sampleDirectoryPath } from '#deploy/sample/sample-directory.js';
import type { KeyFile } from '#services/operator/domain/key-file.js';
import type { PartyProvisioner } from '#services/operator/domain/party-provisioner.js';
import { runOperator } from '#services/operator/run-operator.js';
import { deadLetter, DeskGuard } from '#test/support/desk-guard.js';
import { GatewayForTest } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { allow } from '#test/support/pace.js';

let nats: NatsForTest;
let guard: DeskGuard;
const refused = new Map<string, string>();

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_leeds']);
  guard = new DeskGuard(await nats.connect('guard'), ({ name }) => refused.get(name));
});
afterAll(async () => {
  await guard?.stop();
  await nats?.stop();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function ops(args: readonly string[], provisioner?: PartyProvisioner): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const env = {
    NATS_URL: nats.broker.url,
    NATS_SEED_FILE: nats.seedFile('svc_ops'),
    MESH_ENV: 'local',
  };
  const code = await runOperator(args, {
    env,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    ...(provisioner === undefined ? {} : { provisioner }),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

async function fileOf(name: string, content: unknown): Promise<string> {
  const path = join(nats.folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

describe("the operator's tool", () => {
  it('puts the whole sample directory, and the second time only what it cannot see', async () => {
    const sample = await readSampleDirectory();
    const first = await ops(['--json', 'directory', 'apply', sampleDirectoryPath]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(guard.directory.parties).toHaveLength(sample.parties.length);
    expect(guard.directory.people).toHaveLength(sample.people.length);
    guard.received.length = 0;
    expect((await ops(['directory', 'apply', sampleDirectoryPath])).code).toBe(0);
    expect(new Set(guard.received.map(({ name }) => name))).toEqual(
      new Set(['people.mailbox-put']),
    );
    const shown = await ops(['directory', 'show']);
    expect(shown.out).toMatch(
      /^spoc_lsw +spoc +spoc_lsw +treatment@lambeth-southwark-and-wandsworth +p_spoc_lsw_duty_1/m,
    );
  });

  it('puts a party that was changed back again, though the same was put before', async () => {
    const sample = await readSampleDirectory();
    const renamed = {
      ...sample,
      parties: sample.parties.map((party) => ({ ...party, name: `${party.name} (new)` })),
    };
    expect((await ops(['directory', 'apply', await fileOf('renamed.json', renamed)])).code).toBe(0);
    expect((await ops(['directory', 'apply', sampleDirectoryPath])).code).toBe(0);
    expect(guard.directory.parties[0]?.name).toBe(sample.parties[0]?.name);
  });

  it('says that a person is away, is back, or leaves, and what is wrong with the days', async () => {
    const person = 'p_leeds_adviser_1';
    const entry = () => guard.directory.people.find((each) => each.person === person);
    const days = ['--from', '2026-03-02', '--until', '2026-03-13'];
    expect(await ops(['person', 'away', person, ...days])).toMatchObject({ code: 0, err: '' });
    expect(entry()).toMatchObject({ absentFrom: '2026-03-02', absentUntil: '2026-03-13' });
    expect((await ops(['person', 'back', person])).code).toBe(0);
    expect(entry()).not.toHaveProperty('absentFrom');
    expect((await ops(['person', 'leaves', person, '--on', '2026-04-30'])).code).toBe(0);
    expect(entry()).toMatchObject({ leavesOn: '2026-04-30', active: true });
    const wrong = ['--from', '2026-03-13', '--until', '2026-03-02'];
    expect((await ops(['person', 'away', person, ...wrong])).err).toMatch(/--until must not lie/);
    expect((await ops(['person', 'leaves', person, '--on', 'Friday'])).err).toMatch(/--on must be/);
    expect((await ops(['person', 'back', 'p_nobody'])).err).toMatch(/there is no person p_nobody/);
  });

  it('records a local sharing agreement, shows how each pair stands, and ends it', async () => {
    await ops(['directory', 'apply', sampleDirectoryPath]);
    const pair = ['jcp_leeds', 'trt_aire'];
    const put = (...days: readonly string[]) => ops(['agreement', 'put', ...pair, ...days]);
    expect(await put('--signed', '2026-02-02')).toMatchObject({ code: 0, err: '' });
    const list = async () => {
      const { out } = await ops(['--json', 'agreement', 'list']);
      return JSON.parse(out) as { state: string; until?: string; agencies: string[] }[];
    };
    expect(await list()).toMatchObject([
      { until: '2027-02-02', offices: pair },
      { state: 'missing', agencies: ['jcp', 'trt_new'] },
    ]);
    expect(await put('--signed', '2020-02-03', '--until', '2020-12-31')).toMatchObject({ code: 0 });
    expect((await list())[0]).toMatchObject({ state: 'lapsed' });
    expect((await ops(['agreement', 'end', ...pair.toReversed()])).code).toBe(0);
    expect((await list())[0]).toMatchObject({ state: 'ended' });
    expect((await ops(['agreement', 'list'])).out).toMatch(/trt_new +missing/);
    expect((await put('--signed', 'Friday')).err).toMatch(/--signed must be a day/);
    expect((await ops(['agreement', 'end', 'jcp_leeds', 'trt_crown'])).err).toMatch(
      /there is no agreement of jcp_leeds and trt_crown/,
    );
  });

  it('gives each person their key from the folder, and names the key that is missing', async () => {
    const sample = await readSampleDirectory();
    const keys = join(nats.folder, 'public-keys');
    await mkdir(keys);
    const [last] = sample.people.filter(({ key }) => key).slice(-1);
    for (const { id, key } of sample.people)
      if (key && id !== last?.id)
        await writeFile(join(keys, `${id}.asc`), `the public key of ${id}`);
    const lacking = await ops(['directory', 'apply', sampleDirectoryPath, '--keys', keys]);
    expect(lacking.code).toBe(1);
    expect(lacking.err).toMatch(
      new RegExp(`^config-invalid: people\\[\\d+\\].key: .*${last?.id}.asc cannot be read`),
    );
    // As `gpg --export > file` writes it in Windows PowerShell 5.
    await writeFile(
      join(keys, `${last?.id}.asc`),
      Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from('the last key', 'utf16le')]),
    );
    guard.received.length = 0;
    expect((await ops(['directory', 'apply', sampleDirectoryPath, '--keys', keys])).code).toBe(0);
    const mailboxes = guard.received.map(({ envelope }) => envelope.data);
    expect(mailboxes).toContainEqual(
      expect.objectContaining({ person: last?.id, publicKey: 'the last key' }),
    );
    expect(mailboxes.find(({ person }) => person === 'p_aire_keyworker_2')).not.toHaveProperty(
      'publicKey',
    );
  });

  it('sends nothing of a file that is wrong, and names the field', async () => {
    const sample = await readSampleDirectory();
    const [first, ...others] = sample.people;
    guard.received.length = 0;
    const wrong = await ops([
      'directory',
      'apply',
      await fileOf('wrong.json', {
        ...sample,
        people: [{ ...first, deputy: 'p_nobody' }, ...others],
      }),
    ]);
    expect(wrong).toEqual({
      code: 1,
      out: '',
      err: 'config-invalid: people[0].deputy: there is no person p_nobody',
    });
    const shapeless = await ops([
      'directory',
      'apply',
      await fileOf('shapeless.json', { ...sample, people: [{ ...first, job: 'wizard' }] }),
    ]);
    expect(shapeless.err).toMatch(/^config-invalid: people\[0\]\.job: must be one of adviser, /);
    expect((await ops(['directory', 'apply', join(nats.folder, 'nowhere.json')])).err).toMatch(
      /nowhere.json cannot be read$/,
    );
    expect(guard.received).toEqual([]);
  });

  it('says which entries were not taken and ends with 1', async () => {
    refused.set('people.mailbox-put', 'recipient-unknown');
    const { code, out, err } = await ops(['directory', 'apply', sampleDirectoryPath]);
    refused.clear();
    expect(code).toBe(1);
    expect(out).toMatch(/^mailbox p_leeds_ptl.* +refused +recipient-unknown$/m);
    const { parties, people } = await readSampleDirectory();
    const entries = parties.length + 2 * people.length;
    expect(err).toBe(`${people.length} of ${entries} entries were not taken`);
  });

  it('lists dead letters by reason and sends one again', async () => {
    expect((await ops(['dead-letters', 'list'])).out).toContain(
      'data.client.nino: must be an NI number',
    );
    const redriven = await ops(['dead-letters', 'redrive', deadLetter.deadLetter]);
    expect(redriven).toEqual({ code: 0, out: `${deadLetter.deadLetter}: sent again`, err: '' });
    expect(guard.received.at(-1)?.envelope.data).toEqual({ deadLetter: deadLetter.deadLetter });
    const sent = guard.received.length;
    const unknown = await ops(['dead-letters', 'redrive', '0198f2a0-0000-7000-8000-00000000ffff']);
    expect(unknown).toEqual({
      code: 1,
      out: '',
      err: 'not-found: no dead letter has this id; see dead-letters list',
    });
    expect(guard.received).toHaveLength(sent);
  });

  it('shows counts as a table and as JSON, and a message of its own', async () => {
    expect((await ops(['counts'])).out).toMatch(/^jcp_leeds +tpr2.shared +cleared +3$/m);
    expect((await ops(['counts'])).out).toMatch(/^NI numbers that more than one client has: 2$/m);
    expect(JSON.parse((await ops(['--json', 'counts'])).out)).toEqual({
      counts: [{ party: 'jcp_leeds', type: 'tpr2.shared', verdict: 'cleared', count: 3 }],
      ninoConflicts: 2,
    });
    const { id } = guard.received.at(-1)?.envelope ?? { id: '' };
    expect((await ops(['message', id])).out).toContain(
      'throughcare.deadletter.redrive.v1 from svc_ops to mesh',
    );
    expect((await ops(['message', '0198f2a0-0000-7000-8000-00000000ffff'])).err).toBe(
      'not-found: no such message',
    );
  });

  it('adds a party: the deployment provisions it, the directory learns of it, the token is shown once', async () => {
    const file = await fileOf('party.json', {
      parties: [
        {
          id: 'trt_calder',
          kind: 'treatment-provider',
          agency: 'trt_calder',
          name: 'Calder',
          dutyPerson: 'p_calder_1',
          teamLeader: 'p_calder_2',
        },
      ],
      people: ['1', '2'].map((n) => ({
        id: `p_calder_${n}`,
        party: 'trt_calder',
        job: 'keyworker',
        deputy: `p_calder_${n === '1' ? '2' : '1'}`,
        name: `Calder Sample ${n}`,
        address: `calder.${n}@example.org`,
        key: false,
      })),
    });
    const provisioned: string[] = [];
    const provisioner: PartyProvisioner = {
      provision: ({ id }) => {
        provisioned.push(id);
        return Promise.resolve({ token: 'a-token', notes: ['account made'] });
      },
    };
    const { code, out } = await ops(['party', 'add', file], provisioner);
    expect({ code, provisioned }).toEqual({ code: 0, provisioned: ['trt_calder'] });
    expect(out.match(/a-token/g)).toHaveLength(1);
    expect(guard.directory.parties.map(({ party }) => party)).toContain('trt_calder');
    expect((await ops(['party', 'add', sampleDirectoryPath], provisioner)).err).toMatch(
      /exactly one party/,
    );
  });

  it('adds a party to a mesh of this machine: account, streams, token; again a new token only where asked for', async () => {
    const stateFile = join(nats.folder, 'mesh.json');
    const gatewayPartiesFile = join(nats.folder, 'gateway-parties.json');
    const cipherKeyFile = join(nats.folder, 'cipher.key');
    await writeFile(gatewayPartiesFile, '[]');
    await writeFile(cipherKeyFile, nats.broker.env['JS_KEY'] ?? '');
    const keysFolder = dirname(nats.seedFile('guard'));
    const { url: natsUrl, configFolder, options: broker } = nats.broker;
    const { parties } = nats;
    await writeMeshState(stateFile, {
      natsUrl,
      configFolder,
      broker,
      cipherKeyFile,
      keysFolder,
      guardKeysFile: join(nats.folder, 'guard-keys.json'),
      gatewayPartiesFile,
      parties,
    });
    const provisioner = new LocalProvisioner(stateFile);
    const entry = {
      id: 'trt_tees',
      kind: 'treatment-provider',
      agency: 'trt_tees',
      name: 'Tees',
      serves: [],
      dutyPerson: 'p',
      teamLeader: 'p',
      active: true,
    } as const;
    await nats.kill();
    const down = {
      code: 'broker-unavailable',
      message: expect.stringMatching(/^no nats-server runs on .*: .*npm start.* run this again$/),
    };
    await expect(provisioner.provision(entry, false)).rejects.toMatchObject(down);
    expect(existsSync(nats.seedFile('trt_tees'))).toBe(false);
    await nats.run(); // as the supervisor does: another process now, which the tool must find
    const first = await provisioner.provision(entry, false);
    const connection = await nats.connect('trt_tees');
    const reply = await connection.request('ask.directory', '{}', { timeout: allow(2_000) });
    expect(reply.json()).toEqual({ ok: false, code: 'not-found', detail: 'not yours to ask' });
    await expect(provisioner.provision(entry, false)).rejects.toMatchObject({
      code: 'config-invalid',
    });
    const again = await provisioner.provision(entry, true);
    expect(again.token).not.toBe(first.token);
    const listed = JSON.parse(await readFile(gatewayPartiesFile, 'utf8')) as unknown;
    expect(listed).toEqual([
      {
        party: 'trt_tees',
        seedFile: nats.seedFile('trt_tees'),
        tokenHash: tokenHashOf(again.token),
      },
    ]);
  });

  it('says in one line what is wrong with a version, a token file, a gateway and a token', async () => {
    const keyFile: KeyFile = {
      read: () => Promise.reject(new Error('not asked for')),
      add: () => Promise.reject(new Error('not asked for')),
      makeCurrent: () => Promise.reject(new Error('not asked for')),
      remove: () => Promise.reject(new Error('not asked for')),
    };
    const err: string[] = [];
    const run = (...args: string[]) =>
      runOperator(args, {
        env: { MESH_ENV: 'local' },
        out: () => undefined,
        err: (line) => err.push(line),
        keyFile,
      });
    const acmeCase = '0198f2a0-0000-7000-8000-0000000000c1';
    const request = (tokenFile: string, url: string) =>
      run(
        ...`client-view request --case ${acmeCase} --by p_acme_1 --party trt_acme --gateway ${url} --token-file ${tokenFile}`.split(
          ' ',
        ),
      );
    const tokenFile = join(nats.folder, 'token-of-leeds');
    const gateway = await GatewayForTest.start(nats, ['jcp_leeds']);
    try {
      await writeFile(tokenFile, `${gateway.tokens.get('jcp_leeds')}\n`);
      const codes = [
        await run('keys', 'retire', 'abc'),
        await run('keys', 'retire', '0'),
        await request('/no/such/file', gateway.url),
        await request(tokenFile, 'http://127.0.0.1:1'),
        await request(tokenFile, 'nowhere'),
        await request(tokenFile, gateway.url),
      ];
      expect(codes).toEqual([1, 1, 1, 1, 1, 1]);
    } finally {
      await gateway.stop();
    }
    expect(err).toEqual([
      "error: command-argument value 'abc' is invalid for argument 'version'. a version is a whole number from 1",
      "error: command-argument value '0' is invalid for argument 'version'. a version is a whole number from 1",
      'config-invalid: --token-file /no/such/file cannot be read',
      'config-invalid: the gateway at http://127.0.0.1:1 is not reached: is --gateway right, and is the mesh up?',
      'config-invalid: --gateway must be an address, as http://127.0.0.1:8080',
      `source-not-sender: the token in ${tokenFile} is not that of trt_acme; give your own party's`,
    ]);
  });

  it('fails in one line without a broker, without a seed, and on a command that is not there', async () => {
    const lines: string[] = [];
    const host = { out: () => undefined, err: (line: string) => lines.push(line) };
    expect(await runOperator(['counts'], { ...host, env: {} })).toBe(1);
    const env = { NATS_URL: nats.broker.url, NATS_SEED_FILE: '/nowhere.nk', MESH_ENV: 'local' };
    expect(await runOperator(['counts'], { ...host, env })).toBe(1);
    expect(await runOperator(['conjure'], { ...host, env })).toBe(1);
    expect(lines).toEqual([
      'config-invalid: set these variables right: NATS_URL (missing or of the wrong kind), NATS_SEED_FILE (missing or of the wrong kind)',
      'config-invalid: the seed file of svc_ops cannot be read',
      "error: unknown command 'conjure'",
    ]);
  });
});
