import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool, type PoolClient } from 'pg';
import { typeOf } from '#libs/contracts/message-table.js';
import { personOf } from '#test/support/guard-builders.js';
import { maria, tpr1 } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

let mesh: GuardMesh;
let ledger: Pool;
let jcp: MeshParty;
let operator: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  ledger = new Pool({ connectionString: mesh.databaseUrl, max: 3 });
  ledger.on('error', () => undefined);
  await mesh.guard();
  await mesh.applyDirectory();
  [jcp, operator] = await Promise.all([mesh.party('jcp_wandsworth'), mesh.party('svc_ops')]);
});
afterAll(async () => {
  await ledger?.end();
  await mesh?.stop();
});

const put = (party: string) =>
  operator.send({
    name: 'directory.party-put',
    to: 'mesh',
    data: {
      party,
      kind: 'treatment-provider',
      agency: 'river',
      name: party,
      serves: [],
      dutyPerson: personOf('tp_river'),
      teamLeader: personOf('tp_river'),
    },
  });

/** What an ask, and a batch of another sender, know of a party. */
async function seenOf(party: string): Promise<{ ask: string; batch: string | undefined }> {
  const { client: _client, ...consent } = tpr1(
    {
      client: maria,
      now: mesh.clock.now().toISOString(),
      today: '',
      later: '',
      cites: '',
      person: personOf('jcp_wandsworth'),
    },
    [party],
  );
  const ask = await jcp.ask('try', {
    consent,
    messages: [{ type: typeOf('referral.requested') }],
  });
  const sent = await jcp.sendAndWait({
    name: 'referral.requested',
    to: party,
    case: randomUUID(),
  });
  return { ask: ask.ok ? 'known' : ask.code, batch: sent.records.at(-1)?.reason };
}
const unknown = { ask: 'recipient-unknown', batch: 'recipient-unknown' };
const known = { ask: 'known', batch: 'no-consent-on-record' };

/** Holds what every commit that changes the directory writes: such a batch is judged and cannot commit. */
async function holdCommits(): Promise<PoolClient> {
  const holder = await ledger.connect();
  await holder.query('begin');
  await holder.query('select version from directory_version for update');
  return holder;
}

const waitingCommit = (notBy = 0): Promise<number> =>
  until('a batch waits to commit its entry', async () => {
    const { rows } = await ledger.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and query like 'update directory_version%' and pid <> $1`,
      [notBy],
    );
    return rows[0]?.pid;
  });

describe('an entry of the directory that is not committed', () => {
  it('is seen by no ask and by no other batch, while it waits, once rolled back, and until it is committed', async () => {
    const holder = await holdCommits();
    try {
      const entry = await put('tp_unborn');
      const pid = await waitingCommit();
      expect(await seenOf('tp_unborn')).toEqual(unknown);
      // The statement fails, so the batch is rolled back. It comes again, and waits again.
      await ledger.query('select pg_terminate_backend($1)', [pid]);
      await waitingCommit(pid);
      expect(await seenOf('tp_unborn')).toEqual(unknown);
      await holder.query('rollback');
      expect((await operator.verdict(entry)).state).toBe('cleared');
      expect(await seenOf('tp_unborn')).toEqual(known);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });
});
