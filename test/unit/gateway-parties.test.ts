import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { putGatewayClients, putGatewayParty } from '#deploy/local/gateway-parties.js';
import { MeshSecrets } from '#deploy/local/mesh-secrets.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';

let scratch: ScratchFolder;
let file: string;
const west = { party: 'jcp_west', seedFile: 'west.nk', tokenHash: 'sha256:1' };
const acme = { party: 'trt_acme', seedFile: 'acme.nk', tokenHash: 'sha256:2' };
const issuer = 'https://login.example.org';

beforeEach(async () => {
  scratch = await scratchFolder();
  file = join(scratch.path, 'parties.json');
  await writeFile(file, JSON.stringify([west, acme]));
});
afterEach(() => scratch.remove());

const entries = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8')) as unknown;

describe('the gateway’s list of parties', () => {
  it('keeps a party’s clients when it gets a new token', async () => {
    await putGatewayClients(file, issuer, new Map([['jcp_west', 'system']]));
    const clients = [{ issuer, client: 'system' }];
    expect(await entries()).toEqual([{ ...west, clients }, acme]);
    await putGatewayParty(file, { ...west, tokenHash: 'sha256:3' });
    expect(await entries()).toEqual([acme, { ...west, tokenHash: 'sha256:3', clients }]);
  });

  it('names the sample’s clients at the address that the provider has now, each by the key that it had', async () => {
    const secrets = await MeshSecrets.open(scratch.path);
    file = secrets.gatewayPartiesFile;
    await secrets.tokens(['jcp_west']);
    const before = await secrets.systems(['jcp_west'], 'http://127.0.0.1:1');
    expect(await secrets.systems(['jcp_west'], 'http://127.0.0.1:2')).toEqual(before);
    expect(await entries()).toMatchObject([
      { party: 'jcp_west', clients: [{ issuer: 'http://127.0.0.1:2', client: 'system_jcp_west' }] },
    ]);
    expect(before.map(({ id, publicKey }) => [id, Object.hasOwn(publicKey, 'd')])).toEqual([
      ['system_jcp_west', false],
    ]);
  });
});
