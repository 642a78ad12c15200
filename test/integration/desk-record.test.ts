import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AgencyFile } from '#services/desk/adapters/agency.file.js';
import { FileDropRecordSystem } from '#services/desk/record/file-drop.record-system.js';
import { RecordSystems } from '#services/desk/record/record-systems.js';
import { RecordDesk, recordOffice } from '#test/support/record-desk.js';
import { OpenpgpHome } from '#test/support/openpgp-home.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';

/* What a job centre's desk hands to its own record system: a real receiver on HTTP, a real folder, a real PostgreSQL. */

let desk: RecordDesk;
beforeAll(async () => {
  desk = await RecordDesk.start();
});
afterAll(() => desk?.stop());
afterEach(() => {
  desk.hookStatus = 204;
  desk.isGatewayAway = false;
  desk.onCall = () => undefined;
});

const client = { surname: 'Ní Bhriain', dateOfBirth: '1984-05-17', nino: 'QQ123456C' };
const tpr2 = {
  provider: { name: 'Acme Recovery', address: '2 Example Street', phone: '020 7946 0001' },
  referralKind: 'drug-strategy',
  client,
  accessedBy: 'criminal-justice',
  employment: { goals: ['Warehouse work'] },
  treatmentSummary: 'told in confidence',
};
const absence = () => ({ referral: randomUUID(), on: '2026-03-02' });
const stopUsing = { what: 'stop-using-and-take-off-the-record' };
const given = { current: true, until: '2027-03-01' };

/** A case whose DPA1 stands, with a TPR2 that the record system has. */
async function handedOver(): Promise<string> {
  const caseId = randomUUID();
  desk.told.set(caseId, { ...given });
  await desk.receives('tpr2.shared', caseId, tpr2);
  await desk.settle(caseId);
  return caseId;
}

const typesOf = (caseId: string): readonly string[] => desk.gotOf(caseId).map(({ type }) => type);
const erasedOf = async (caseId: string): Promise<readonly (string | undefined)[]> =>
  (await desk.messages.ofCase(recordOffice, caseId)).map(({ erased }) => erased);

describe('a record system behind a webhook', () => {
  it('gets a form once its client’s DPA1 stands, with who it is about, until when, and on which terms', async () => {
    const caseId = await handedOver();
    const [got] = desk.gotOf(caseId);
    expect(got).toMatchObject({
      type: 'record.entry',
      data: {
        office: recordOffice,
        case: caseId,
        client,
        until: '2027-03-01',
        terms: 'Voluntary; for support only; no evidence for a sanction.',
        message: { direction: 'received', other: 'trt_acme', data: tpr2 },
      },
    });
  });

  it('can prove by the signature who sent it, and that nobody changed it', async () => {
    await handedOver();
    const call = desk.calls.at(-1);
    const [id, at] = [call?.headers['webhook-id'], call?.headers['webhook-timestamp']];
    const key = Buffer.from(desk.secret.slice('whsec_'.length), 'base64');
    const sign = (with_: Buffer, body: string): string =>
      `v1,${createHmac('sha256', with_)
        .update(`${String(id)}.${String(at)}.${body}`)
        .digest('base64')}`;
    const signed = call?.headers['webhook-signature'];
    expect(signed).toBe(sign(key, call?.body ?? ''));
    expect(signed).not.toBe(sign(randomBytes(32), call?.body ?? ''));
    expect(signed).not.toBe(sign(key, (call?.body ?? '').replace('Warehouse', 'warehouse')));
  });

  it('gets nothing of a client without a DPA1, and all of it in order when one is given', async () => {
    const caseId = randomUUID();
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.receives('appointment.did-not-attend', caseId, absence());
    await desk.round();
    expect(desk.gotOf(caseId)).toEqual([]);
    expect(await desk.waiting(caseId)).toEqual(['no-dpa1', null]);

    desk.told.set(caseId, { ...given });
    await desk.pool.query('update record_case set ask_at = now()');
    await desk.courier.work();
    await desk.settle(caseId);
    expect(desk.gotOf(caseId).map(({ data }) => data.message)).toMatchObject([
      { type: 'throughcare.tpr2.shared.v1' },
      { type: 'throughcare.appointment.did-not-attend.v1' },
    ]);
    // The absence names nobody: who it is about comes from the case.
    expect(desk.gotOf(caseId)[1]?.data.client).toEqual(client);
  });

  it('gets nothing while the mesh cannot be asked', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    await desk.receives('tpr2.shared', caseId, tpr2);
    desk.isGatewayAway = true;
    await desk.round();
    expect(desk.gotOf(caseId)).toEqual([]);
    desk.isGatewayAway = false;
    await desk.settle(caseId);
    expect(typesOf(caseId)).toEqual(['record.entry']);
  });

  it('gets nothing under a DPA1 whose exclusions this agency cannot see', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given, isSeen: false });
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.round();
    expect(await desk.waiting(caseId)).toEqual(['no-dpa1']);
    expect(desk.gotOf(caseId)).toEqual([]);
  });

  it('gets no field that the client ruled out of the record', async () => {
    const caseId = randomUUID();
    const excluded = ['criminal-justice-route', 'treatment-summary'];
    desk.told.set(caseId, { ...given, excluded });
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.settle(caseId);
    const { accessedBy: _route, treatmentSummary: _summary, ...rest } = tpr2;
    expect(desk.gotOf(caseId)[0]?.data.message).toMatchObject({ data: rest });
    expect(JSON.stringify(desk.gotOf(caseId))).not.toMatch(/criminal|confidence/);
  });

  it('gets what the office sent only when the mesh let it pass', async () => {
    const [caseId, id] = [randomUUID(), randomUUID()];
    desk.told.set(caseId, { ...given });
    const referral = { client, benefit: 'jsa', travelCostsConsidered: true, told: [] };
    const own = { ...desk.message('referral.requested', caseId, referral, id), to: 'trt_acme' };
    await desk.messages.keepSent(recordOffice, { ...own, actor: 'p_leeds_adviser_1' });
    await desk.round();
    expect(await desk.waiting(caseId)).toEqual(['undecided']);
    desk.stateOf.set(id, 'cleared');
    await desk.settle(caseId);
    expect(desk.gotOf(caseId)[0]?.data.message).toMatchObject({ direction: 'sent', id });

    const refused = randomUUID();
    desk.stateOf.set(refused, 'refused');
    await desk.messages.keepSent(recordOffice, { ...own, id: refused });
    await desk.settle(caseId);
    expect(desk.gotOf(caseId)).toHaveLength(1);
  });

  it('that was down gets the same delivery when it is up again, and the ones behind it after it', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.receives('appointment.did-not-attend', caseId, absence());
    desk.hookStatus = 503;
    await desk.round();
    await desk.round();
    expect(await desk.waiting(caseId)).toEqual(['answered 503', null]);
    desk.hookStatus = 204;
    await desk.settle(caseId);
    const ids = desk.calls
      .filter(({ body }) => body.includes(caseId))
      .map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(4);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[2]);
  });

  it('is waited for longer after each try, ten minutes at most, and what fails is counted', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    await desk.receives('tpr2.shared', caseId, tpr2);
    desk.hookStatus = 410;
    const pauses: number[] = [];
    for (let tries = 0; tries < 9; tries += 1) {
      await desk.round();
      const { rows } = await desk.pool.query<{ pause: string }>(
        'select extract(epoch from next_at - now()) as pause from record_item where case_id = $1',
        [caseId],
      );
      pauses.push(Number(rows[0]?.pause));
    }
    const wanted = [5, 10, 20, 40, 80, 160, 320, 600, 600];
    for (const [index, pause] of pauses.entries())
      expect(Math.abs(pause / (wanted[index] ?? 0) - 1)).toBeLessThan(0.5);
    const [backlog] = await desk.records.backlog();
    expect(backlog).toMatchObject({ office: recordOffice, failing: 1 });
    expect(new Date(backlog?.failingSince ?? '').getTime()).toBeLessThanOrEqual(
      Date.now() + 60_000,
    );
    desk.hookStatus = 204;
    await desk.settle(caseId);
    expect((await desk.records.backlog()).filter(({ failing }) => failing > 0)).toEqual([]);
  });

  it('gets what was kept before the desk was killed', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    // Killed between keep and send: no courier ran. The row came with the message.
    await desk.receives('tpr2.shared', caseId, tpr2);
    expect(await desk.waiting(caseId)).toEqual([null]);
    // Killed between send and note: it is sent again under the same id.
    await desk.courier.work();
    await desk.pool.query(
      `insert into record_item (delivery, office, case_id, kind, message_id)
       select $1, office, case_id, 'entry', id from message where case_id = $2`,
      [desk.calls.at(-1)?.headers['webhook-id'], caseId],
    );
    await desk.settle(caseId);
    const ids = desk.calls
      .filter(({ body }) => body.includes(caseId))
      .map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('that answers with a redirect is not followed', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    await desk.receives('tpr2.shared', caseId, tpr2);
    desk.hookStatus = 307;
    await desk.round();
    expect(await desk.waiting(caseId)).toEqual(['answered 307']);
    desk.hookStatus = 204;
    await desk.settle(caseId);
  });
});

describe('an erasure', () => {
  it('by the instruction to stop using is told to who has the case, without content', async () => {
    const caseId = await handedOver();
    await desk.receives('instruction.stop-using', caseId, stopUsing);
    await desk.settle(caseId);
    expect(desk.gotOf(caseId)[1]).toEqual({
      type: 'record.erasure',
      timestamp: expect.any(String),
      data: { office: recordOffice, case: caseId },
    });
  });

  it('of one message names that message alone', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    const wrong = await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.settle(caseId);
    const named = { ...stopUsing, message: wrong.id };
    await desk.receives('instruction.stop-using', caseId, named);
    await desk.settle(caseId);
    expect(desk.gotOf(caseId)[1]?.data).toMatchObject({ case: caseId, message: wrong.id });
  });

  it('goes once a TPR2 went back for want of a trace', async () => {
    const caseId = await handedOver();
    await desk.messages.eraseReceived(recordOffice, caseId);
    await desk.settle(caseId);
    expect(typesOf(caseId)).toEqual(['record.entry', 'record.erasure']);
  });

  it('goes, and the content here too, when the DPA1 is withdrawn or lapses', async () => {
    const caseId = await handedOver();
    desk.told.set(caseId, { current: false });
    await desk.round();
    expect(await erasedOf(caseId)).toEqual(['no-dpa1']);
    await desk.settle(caseId);
    expect(typesOf(caseId)).toEqual(['record.entry', 'record.erasure']);
    await desk.round();
    expect(typesOf(caseId)).toEqual(['record.entry', 'record.erasure']);
  });

  it('of a case of which nothing was handed over is told to nobody', async () => {
    const caseId = randomUUID();
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.receives('instruction.stop-using', caseId, stopUsing);
    await desk.settle(caseId);
    expect(desk.gotOf(caseId)).toEqual([]);
  });

  it('follows an entry that is under way when it comes', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    await desk.receives('tpr2.shared', caseId, tpr2);
    desk.onCall = async () => {
      desk.onCall = () => undefined;
      await desk.receives('instruction.stop-using', caseId, stopUsing);
      // Another instance of the desk, at the same moment.
      await desk.courier.work();
      expect(typesOf(caseId)).toEqual(['record.entry']);
    };
    await desk.courier.work();
    await desk.settle(caseId);
    expect(typesOf(caseId)).toEqual(['record.entry', 'record.erasure']);
  });

  it('does not wait for a try of the entry before it', async () => {
    const caseId = randomUUID();
    desk.told.set(caseId, { ...given });
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.pool.query(
      `update record_item set next_at = now() + interval '1 hour' where case_id = $1`,
      [caseId],
    );
    await desk.receives('instruction.stop-using', caseId, stopUsing);
    const { rows } = await desk.pool.query(
      `select 1 from record_item where case_id = $1 and next_at > now() + interval '61 s'`,
      [caseId],
    );
    expect(rows).toEqual([]);
  });
});

describe('a job centre without a DPA1 of the client', () => {
  const kept = async (caseId: string, days: number): Promise<void> => {
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.pool.query(
      `update message set at = now() - make_interval(days => $2) where case_id = $1`,
      [caseId, days],
    );
  };

  it('keeps a form until the client was asked, and no longer', async () => {
    const [young, old] = [randomUUID(), randomUUID()];
    await kept(young, 20);
    // A fortnight, ten working days, the longest row of holidays.
    await kept(old, 45);
    await desk.round();
    expect(await erasedOf(young)).toEqual([undefined]);
    expect(await erasedOf(old)).toEqual(['no-dpa1']);
  });

  it('erases nothing while the mesh does not say', async () => {
    const caseId = randomUUID();
    await kept(caseId, 45);
    desk.isGatewayAway = true;
    await desk.round();
    expect(await erasedOf(caseId)).toEqual([undefined]);
    // It is asked again within a minute, not when the usual time is over.
    const { rows } = await desk.pool.query(
      `select 1 from record_case where case_id = $1 and ask_at < now() + interval '61 s'`,
      [caseId],
    );
    expect(rows).toHaveLength(1);
  });
});

describe('a record system that reads a folder', () => {
  let reader: OpenpgpHome;
  let drop: ScratchFolder;
  let webhook: object;

  beforeAll(async () => {
    [drop, reader] = await Promise.all([scratchFolder(), OpenpgpHome.make()]);
    webhook = await desk.recordSet();
    const fingerprint = await reader.makeKey('lms@example.org');
    const { stdout: key } = await reader.gpg(['--armor', '--export', fingerprint]);
    await writeFile(join(desk.folder, `${recordOffice}.record-key.asc`), key);
  });
  afterAll(async () => {
    await desk.setRecord(webhook);
    await drop.remove();
    await reader.stop();
  });

  it('finds each delivery as one sealed file of its owner’s alone, in order, whole or not at all', async () => {
    const caseId = randomUUID();
    const folder = join(drop.path, 'later');
    desk.told.set(caseId, { ...given });
    await desk.setRecord({ folder });
    await desk.receives('tpr2.shared', caseId, tpr2);
    await desk.round();
    expect(await desk.waiting(caseId)).toEqual(['folder: ENOENT']);

    await mkdir(folder);
    await desk.settle(caseId);
    await desk.receives('instruction.stop-using', caseId, stopUsing);
    await desk.settle(caseId);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    const opened: unknown[] = [];
    for (const name of names.toSorted()) {
      expect(name).toMatch(/^\d{12}-[0-9a-f-]{36}\.asc$/);
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
      const sealed = await readFile(join(folder, name), 'utf8');
      expect(sealed).not.toMatch(/Bhriain|record\./);
      opened.push(JSON.parse((await reader.decrypt(sealed)).clear));
    }
    expect(opened).toMatchObject([
      { type: 'record.entry', data: { case: caseId, client } },
      { type: 'record.erasure', data: { case: caseId } },
    ]);
    expect(desk.gotOf(caseId)).toEqual([]);
  });

  it('finds nothing where its key is a private one, or none', async () => {
    const caseId = randomUUID();
    const { stdout: key } = await reader.gpg(['--armor', '--export-secret-keys']);
    for (const wrong of [key, 'no key']) {
      const system = new FileDropRecordSystem({ folder: drop.path, key: wrong });
      const delivery = { id: caseId, office: recordOffice, number: '1', body: '{}' };
      await expect(system.deliver(delivery)).rejects.toMatchObject({ code: 'config-invalid' });
    }
    expect((await readdir(drop.path)).filter((name) => name.includes(caseId))).toEqual([]);
  });
});

describe('the settings of a record system', () => {
  it('are refused for a party that is no job centre, and for plain HTTP outside this machine', async () => {
    const folder = await scratchFolder();
    const write = (kind: string): Promise<void> =>
      writeFile(
        join(folder.path, 'agency.json'),
        JSON.stringify({
          id: 'one',
          offices: [
            { id: 'one', kind, name: 'One', record: { webhook: 'http://lms.example.org' } },
          ],
          people: [],
        }),
      );
    try {
      await write('treatment-provider');
      expect(() => new AgencyFile(folder.path).current()).toThrow('agency.json');
      await write('jobcentre');
      const agencyFile = new AgencyFile(folder.path);
      expect(() => new RecordSystems(agencyFile, false).of('one')).toThrow('https');
      expect(() => new RecordSystems(agencyFile, true).of('one')).toThrow('one.record-secret');
    } finally {
      await folder.remove();
    }
  });
});
