import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { consentsReply } from '#libs/contracts/ask.js';
import { parties } from '#test/support/guard-builders.js';
import { dpa1, maria, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GatewayForTest, type HttpAnswer } from '#test/support/gateway-for-test.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

/*
 * An agency opens a case for somebody whom it has no consent for, over HTTP and with the real guard, and then asks all that it may ask of the
 * case it has opened. Whatever that person is to the mesh by way of others, every answer is the same to the byte but for ids and instants,
 * and so is what goes on EVENTS.
 */

const [office, provider] = ['jcp_wandsworth', 'tp_river'];
let mesh: GuardMesh;
let gateway: GatewayForTest;
let jcp: MeshParty;
let river: MeshParty;
let works: MeshParty;
let router: MeshParty;
let db: Client;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  gateway = await GatewayForTest.start(
    mesh.nats,
    parties.map(({ id }) => id),
  );
  [jcp, river, works, router] = (await Promise.all(
    [office, provider, 'cp_works', 'svc_router'].map((id) => mesh.party(id)),
  )) as [MeshParty, MeshParty, MeshParty, MeshParty];
  router.follow();
  db = new Client({ connectionString: mesh.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db?.end();
  await gateway?.stop();
  await mesh?.stop();
});

let numbers = 600_000;
const person = (): typeof maria => ({ ...maria, nino: `QQ${(numbers += 1)}A` });

const taken = async (
  party: MeshParty,
  client: typeof maria,
  data: Wanted['data'],
): Promise<Wanted> => {
  const wanted: Wanted = {
    name: 'consent.recorded',
    to: 'mesh',
    case: randomUUID(),
    client,
    ...(data === undefined ? {} : { data }),
  };
  const { state } = await party.sendAndWait(wanted);
  if (state !== 'cleared') throw new Error(`a consent was not taken: ${state}`);
  return wanted;
};
const withdrawn = async (
  party: MeshParty,
  consent: Wanted,
  form: 'TPR1' | 'TPR2',
): Promise<unknown> =>
  party.sendAndWait({ ...consent, name: 'consent.withdrawn', data: (c) => withdrawal(c, form) });

/** What somebody may be to the mesh by way of others, before the office opens a case for them. */
const standings: Readonly<Record<string, (client: typeof maria) => Promise<unknown>>> = {
  unknown: () => Promise.resolve(),
  'known by the number, with another date of birth': (client) =>
    taken(works, { ...client, dateOfBirth: '1950-01-01' }, (c) => tpr1(c, [provider])),
  'referred by another agency': (client) => taken(works, client, (c) => tpr1(c, [provider])),
  'withdrawn with another agency': async (client) =>
    withdrawn(works, await taken(works, client, (c) => tpr1(c, [provider])), 'TPR1'),
  'in treatment, with a consent to tell the office, of which nothing was told yet': (client) =>
    taken(river, client, (c) => tpr2Consent(c, [office])),
  'in treatment, and withdrew that consent': async (client) =>
    withdrawn(river, await taken(river, client, (c) => tpr2Consent(c, [office])), 'TPR2'),
  'in treatment, and refuses that the office is told': (client) =>
    taken(river, client, (c) => ({ ...tpr2Consent(c, [office]), decision: 'refused' })),
  'in treatment, with a consent that has lapsed': async (client) => {
    await taken(river, client, (c) => tpr2Consent(c, [office]));
    await db.query(
      `update scope set valid_from = valid_from - interval '3 days', valid_until = valid_from - interval '2 days'
       where client = (select client from consent order by recorded_at desc limit 1)`,
    );
  },
};

const plain = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replaceAll(/"seq":\d+/g, '"seq":<n>');

/** Headers are part of the answer; what counts requests or tells the time is not of the client. */
const heard = ({ status, headers, text }: HttpAnswer): string => {
  const names = [...headers.keys()].filter(
    (name) => name !== 'date' && name !== 'keep-alive' && !name.startsWith('x-ratelimit'),
  );
  return plain(
    JSON.stringify([status, names.toSorted().map((name) => `${name}: ${headers.get(name)}`), text]),
  );
};

/** All that the office hears: the answer to what it sent, what it may ask of its case, and the event. */
async function allHeard(client: typeof maria): Promise<Readonly<Record<string, string>>> {
  const caseId = randomUUID();
  const { id, text } = jcp.compose({
    name: 'referral.requested',
    to: provider,
    case: caseId,
    client,
  });
  const heardOf: Record<string, string> = {
    sent: heard(await gateway.send(office, text, { prefer: 'wait=20' })),
  };
  const paths = {
    message: `messages/${id}`,
    consents: `cases/${caseId}/consents`,
    dpa1: `cases/${caseId}/dpa1`,
  };
  for (const [name, path] of Object.entries({ ...paths, view: `cases/${caseId}/client-view` }))
    heardOf[name] = heard(await gateway.as(office, `/v1/${path}`));
  const event = await until('its event', () => router.events.find((each) => each.id === id));
  heardOf['event'] = plain(JSON.stringify(event));
  // A consent of the office's own, then: which older decisions does it supersede?
  const own = await jcp.sendAndWait({
    name: 'consent.recorded',
    to: 'mesh',
    case: caseId,
    client,
    data: (c) => dpa1(c),
  });
  heardOf['consent'] = plain(JSON.stringify(own));
  return heardOf;
}

describe('who opens a case for somebody without a consent', () => {
  it('hears the same whatever that person is to the mesh: at the edge, in every question, and on EVENTS', async () => {
    const all: Record<string, Readonly<Record<string, string>>> = {};
    for (const [standing, make] of Object.entries(standings)) {
      const client = person();
      await make(client);
      all[standing] = await allHeard(client);
    }
    const { unknown } = all;
    expect(unknown?.['sent']).toContain('no-consent-on-record');
    expect(unknown?.['view']).toContain('no-consent');
    for (const [standing, heardOf] of Object.entries(all))
      expect([standing, heardOf]).toEqual([standing, unknown]);
  });

  it('is shown the lines of a consent taken elsewhere once something of that case has come to it', async () => {
    const client = person();
    const consent = await taken(river, client, (c) => tpr2Consent(c, [office]));
    const own = randomUUID();
    await jcp.sendAndWait({ name: 'referral.requested', to: provider, case: own, client });
    const shown = async (caseId: string) => {
      const { ok: _ok, ...answer } = (await jcp.ask<object>('consents', { case: caseId })) as {
        ok: true;
      };
      return consentsReply.parse(answer);
    };
    expect(await shown(own)).toEqual({ consents: [], history: [] });
    const shared = await river.sendAndWait({
      name: 'tpr2.shared',
      to: office,
      client,
      case: consent.case ?? '',
    });
    expect(shared.state).toMatch(/^cleared/);
    const { consents, history } = await shown(own);
    expect(consents.length).toBeGreaterThan(0);
    // How those lines came to be is told to the agency that took the consent, and to no other.
    expect(history).toEqual([]);
    const takers = await river.ask<{ history: unknown[] }>('consents', {
      case: consent.case ?? '',
    });
    expect(takers.ok && takers.history.length).toBeGreaterThan(0);
    expect(await shown(consent.case ?? '')).toEqual({ consents, history });
  });
});
