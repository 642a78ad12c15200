import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { SystemClock } from '#libs/clock/system-clock.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import { createLogger } from '#libs/logging/create-logger.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { AgencyFile } from '#services/desk/adapters/agency.file.js';
import { GatewayClient } from '#services/desk/adapters/gateway.client.js';
import { MessageStore } from '#services/desk/adapters/message.store.js';
import { Sealer } from '#services/desk/adapters/sealer.js';
import { RecordCourier } from '#services/desk/record/record.courier.js';
import { RecordStore } from '#services/desk/record/record.store.js';
import { RecordSystems } from '#services/desk/record/record-systems.js';
import { type ScratchFolder, scratchFolder } from './scratch-folder.js';
import { sharedPostgres } from './shared-postgres.js';
import type { PostgresServer } from './start-postgres.js';

const elsewhere = '/elsewhere';

export const recordOffice = 'jcp_leeds';

/** What the mesh says of the DPA1 of one case. */
export interface Dpa1Told {
  current: boolean;
  until?: string;
  excluded?: readonly string[];
  /** False: another agency took it, so that its line is not seen. */
  isSeen?: boolean;
}

/** A request that a record system got. */
export interface HookCall {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface RecordDeskParts {
  readonly pool: Pool;
  readonly messages: MessageStore;
  readonly records: RecordStore;
  readonly courier: RecordCourier;
  readonly secret: string;
  readonly servers: readonly Server[];
  readonly scratch: ScratchFolder;
  readonly postgres: PostgresServer;
}

/** The record port of a job centre's desk, with a real PostgreSQL, beside a gateway and a receiver on real HTTP. */
export class RecordDesk {
  readonly told = new Map<string, Dpa1Told>();
  readonly stateOf = new Map<string, string>();
  readonly calls: HookCall[] = [];
  /** The receiver's answer to the next calls. */
  hookStatus = 204;
  /** Called before the receiver answers. */
  onCall: () => void | Promise<void> = () => undefined;
  isGatewayAway = false;

  readonly pool: Pool;
  readonly messages: MessageStore;
  readonly records: RecordStore;
  readonly courier: RecordCourier;
  readonly folder: string;
  readonly secret: string;

  private constructor(private readonly parts: RecordDeskParts) {
    this.pool = parts.pool;
    this.messages = parts.messages;
    this.records = parts.records;
    this.courier = parts.courier;
    this.folder = parts.scratch.path;
    this.secret = parts.secret;
  }

  static async start(): Promise<RecordDesk> {
    const [scratch, postgres] = await Promise.all([scratchFolder(), sharedPostgres()]);
    const url = await postgres.createDatabase('desk');
    const pool = connectDatabase({ url, applicationName: 'test' });
    let desk: RecordDesk | undefined;
    const gatewayServer = await serve((path) => desk?.gatewayAnswer(path) ?? { status: 503 });
    const hook = await serve(async (path, call) => {
      // Where a redirect leads: whoever followed it would be told that all is well.
      if (path === elsewhere) return { status: 204 };
      desk?.calls.push(call);
      await desk?.onCall();
      return { status: desk?.hookStatus ?? 500 };
    });
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    await writeFile(join(scratch.path, `${recordOffice}.record-secret`), secret);
    await writeAgency(scratch.path, { webhook: hook.url });
    const agencyFile = new AgencyFile(scratch.path);
    const systems = new RecordSystems(agencyFile, true);
    const messages = new MessageStore(
      pool,
      new Sealer(randomBytes(32).toString('base64')),
      systems,
    );
    const records = new RecordStore(pool);
    const courier = new RecordCourier({
      agencyFile,
      gateway: new GatewayClient(gatewayServer.url, () => 'token'),
      messages,
      records,
      systems,
      clock: new SystemClock(),
      logger: createLogger({ service: 'desk', level: 'silent' }),
      askMinutes: 60,
    });
    const servers = [gatewayServer.server, hook.server];
    const parts = { pool, messages, records, courier, secret, servers, scratch, postgres };
    desk = new RecordDesk(parts);
    return desk;
  }

  /** The office hands over to this from now on. */
  setRecord(record: object): Promise<void> {
    return writeAgency(this.folder, record);
  }

  async recordSet(): Promise<object> {
    const text = await readFile(join(this.folder, 'agency.json'), 'utf8');
    const { offices } = JSON.parse(text) as { offices: { record: object }[] };
    return offices[0]?.record ?? {};
  }

  /** A message that a provider sent; the mesh knows it as cleared, unless the test says otherwise. */
  message(
    name: MessageName,
    caseId: string,
    data: Record<string, unknown>,
    id: string = randomUUID(),
  ): DeliveredMessage {
    return {
      specversion: '1.0',
      id,
      source: '/parties/trt_acme',
      type: typeOf(name),
      time: new Date().toISOString(),
      case: caseId,
      to: recordOffice,
      data,
    };
  }

  async receives(
    name: MessageName,
    caseId: string,
    data: Record<string, unknown>,
  ): Promise<DeliveredMessage> {
    const message = this.message(name, caseId, data);
    if (!this.stateOf.has(message.id)) this.stateOf.set(message.id, 'cleared');
    await this.messages.receive(recordOffice, message);
    return message;
  }

  /** One round, with all that waits due now. */
  async round(): Promise<void> {
    await this.pool.query('update record_item set next_at = now()');
    await this.pool.query('update record_case set ask_at = now()');
    await this.courier.work();
  }

  /** Rounds until nothing of the case waits; for what goes through. */
  async settle(caseId: string): Promise<void> {
    for (let rounds = 0; rounds < 10; rounds += 1) {
      if ((await this.waiting(caseId)).length === 0) return;
      await this.round();
    }
    throw new Error('something of the case still waits');
  }

  async waiting(caseId: string): Promise<readonly (string | null)[]> {
    const { rows } = await this.pool.query<{ trouble: string | null }>(
      'select trouble from record_item where case_id = $1 order by id',
      [caseId],
    );
    return rows.map(({ trouble }) => trouble);
  }

  /** What the receiver got of a case: type and data, in order. */
  gotOf(caseId: string): readonly { readonly type: string; readonly data: Told }[] {
    return this.calls
      .map(({ body }) => JSON.parse(body) as { type: string; data: Told })
      .filter(({ data }) => data.case === caseId);
  }

  gatewayAnswer(path: string): Answer {
    const [, , , caseId = '', part] = path.split('/');
    if (this.isGatewayAway) return { status: 503 };
    const told = this.told.get(caseId) ?? { current: false };
    if (part === 'dpa1') {
      const { current, until = '2099-01-01' } = told;
      return { status: 200, body: { current, ...(current ? { until } : {}) } };
    }
    if (part === 'consents') return { status: 200, body: { consents: lineOf(told), history: [] } };
    const messages = [...this.stateOf].map(([id, state]) => timeline(id, state));
    return { status: 200, body: { case: caseId, messages, steps: [], reminders: [], mails: [] } };
  }

  async stop(): Promise<void> {
    for (const server of this.parts.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await this.pool.end();
    await this.parts.postgres.stop();
    await this.parts.scratch.remove();
  }
}

interface Told {
  readonly case: string;
  readonly message?: unknown;
  readonly client?: unknown;
  readonly until?: string;
  readonly terms?: string;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

function lineOf({ current, excluded = [], isSeen = true }: Dpa1Told): readonly object[] {
  if (!current || !isSeen) return [];
  return [
    {
      from: 'jcp',
      to: 'jcp',
      purpose: 'record-on-lms',
      consent: randomUUID(),
      decision: 'given',
      excludedCategories: excluded,
      validFrom: '2020-01-01T00:00:00Z',
      validUntil: '2099-01-01T00:00:00Z',
      form: 'DPA1',
      recordedAt: '2020-01-01T00:00:00Z',
    },
  ];
}

const timeline = (id: string, state: string): object => ({
  id,
  type: 'any',
  sender: 'trt_acme',
  to: recordOffice,
  time: '2026-03-02T09:00:00Z',
  state,
  records: [],
});

async function serve(
  answer: (path: string, call: HookCall) => Answer | Promise<Answer>,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      void Promise.resolve(answer(request.url ?? '', call)).then(({ status, body }) =>
        response
          .writeHead(status, {
            'content-type': 'application/json',
            ...(status === 307 ? { location: elsewhere } : {}),
          })
          .end(body === undefined ? undefined : JSON.stringify(body)),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

let written = 0;
/** Replaced as an agency would; the time of change differs even where the file system's clock is coarse. */
async function writeAgency(folder: string, record: object): Promise<void> {
  const path = join(folder, 'agency.json');
  const office = { id: recordOffice, kind: 'jobcentre', name: 'Jobcentre Plus Leeds', record };
  await writeFile(path, JSON.stringify({ id: 'jcp', offices: [office], people: [] }));
  written += 1;
  const at = new Date(Date.now() + written * 1_000);
  await utimes(path, at, at);
}
