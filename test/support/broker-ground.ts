import { randomUUID } from 'node:crypto';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { addParty } from '#deploy/nats/add-party.js';
import { eventsReply, settleReply, takeReply } from '#libs/contracts/ask-inbox.js';
import { serviceParties } from '#libs/contracts/party.js';
import { ingressStream } from '#libs/contracts/subjects.js';
import { serveAnswers } from '#libs/nats/answer-server.js';
import { askFor, askGuard, requestJson } from '#libs/nats/ask-client.js';
import { IngressReader } from '#libs/nats/ingress-reader.js';
import { askJetStream } from '#libs/nats/jetstream-api.js';
import { trimIngress } from '#libs/nats/trim-ingress.js';
import { openReading } from './broker-cells.js';
import { type Tried, tryStrangers, tryUser, usersOf } from './broker-matrix.js';
import { NatsForTest } from './nats-for-test.js';
import { type StandInGuard, standInGuard } from './stand-in-guard.js';
import { trimmingNow } from './trimming-now.js';
import { until } from './until.js';

/** One party of each kind that an agency can be. */
const agencyKinds = ['jcp_a', 'cp_a', 'trt_a', 'spoc_a', 'prob_a'];
const answering = ['svc_router', 'svc_reminders', 'svc_notifier'];

export interface Control {
  readonly who: string;
  readonly what: string;
  readonly works: boolean;
}

type Show = (who: string, what: string, proof: () => Promise<unknown>) => Promise<void>;

/** A live broker with something in every stream, a guard's reading of each, and every user's connection. */
export class BrokerGround {
  readonly #connections = new Map<string, NatsConnection>();
  #agencies: readonly string[] = agencyKinds;

  constructor(
    readonly nats: NatsForTest,
    private readonly manager: JetStreamManager,
    private readonly guard: NatsConnection,
    private readonly standIn: StandInGuard,
  ) {}

  get users(): readonly string[] {
    return usersOf(this.#agencies);
  }

  get parties(): readonly string[] {
    return [...this.#agencies, ...serviceParties];
  }

  async seed(parties: readonly string[]): Promise<void> {
    for (const party of parties)
      for (let n = 0; n < 3; n += 1)
        await (await this.connectionOf(party)).request('out.msg', '{"seed":true}');
  }

  /** A reading by the guard's right, that lasts: whoever touches it shows in its count. */
  async openReadings(parties: readonly string[]): Promise<void> {
    for (const stream of parties.map(ingressStream)) {
      const config = {
        name: openReading,
        ack_policy: 'none',
        mem_storage: true,
        inactive_threshold: nanos(3_600_000),
      };
      const verb = `CONSUMER.CREATE.${stream}.${openReading}`;
      const { error } = await askJetStream(this.guard, verb, { stream_name: stream, config });
      if (error !== undefined) throw new Error(`no reading of ${stream}: ${error.description}`);
    }
  }

  async tryUndeclared(): Promise<{
    readonly tried: readonly Tried[];
    readonly changed: readonly string[];
  }> {
    const before = await this.#states();
    const tried: Tried[] = [];
    for (const user of this.users)
      tried.push(
        ...(await tryUser(await this.connectionOf(user), user, this.parties, 'undeclared')),
      );
    const after = await this.#states();
    const changed = [...new Set([...before.keys(), ...after.keys()])].flatMap((stream) =>
      after.get(stream) === before.get(stream)
        ? []
        : [`${stream}: ${before.get(stream)} → ${after.get(stream)}`],
    );
    return { tried, changed };
  }

  async tryDeclared(): Promise<readonly Tried[]> {
    const tried: Tried[] = [];
    for (const user of this.users)
      tried.push(...(await tryUser(await this.connectionOf(user), user, this.parties, 'declared')));
    return tried;
  }

  tryStrangers(): Promise<string[]> {
    return tryStrangers(this.nats);
  }

  /** Each declared right, shown to do what it is for. */
  async controls(): Promise<readonly Control[]> {
    await this.seed(this.parties);
    const found: Control[] = [];
    const show: Show = async (who, what, proof) => {
      const works = await proof().then(
        (value) => value !== undefined && value !== false,
        () => false,
      );
      found.push({ who, what, works });
    };
    for (const party of this.parties) await this.#partyControls(party, show);
    for (const party of this.parties) await this.#ingressControls(party, show);
    await show('guard', 'wakes the other guards', () => this.#wake());
    const sys = await this.connectionOf('sys');
    await show('sys', 'asks the server', async () =>
      (await sys.request('$SYS.REQ.SERVER.PING')).json(),
    );
    await show('provisioner', 'reads a stream', () =>
      this.manager.streams.info(ingressStream(agencyKinds[0] ?? '')),
    );
    return found;
  }

  async #partyControls(party: string, show: Show): Promise<void> {
    const connection = await this.connectionOf(party);
    const puback = async () =>
      (await connection.request('out.msg', '{"own":true}')).json<{ stream: string }>().stream ===
      ingressStream(party);
    await show(party, 'puts out', puback);
    await show(party, 'asks under its own name', async () => {
      const reply = await askGuard<{ party: string }>(connection, 'verdict', {});
      return reply.ok && reply.party === party;
    });
    await show(party, 'takes what is its own and settles it', () =>
      this.#takesIn(party, connection),
    );
    await show(party, 'follows events', async () => {
      const payload = { after: 0, max: 1 };
      const { events } = await askFor(connection, 'events', { payload, reply: eventsReply });
      return events.length === 1;
    });
    if (!answering.includes(party)) return;
    const server = serveAnswers(connection, party, {
      worklist: () => Promise.resolve({ ok: true, party }),
    });
    await connection.flush();
    await show(party, 'answers the guard', () =>
      requestJson(this.guard, `answer.${party}.worklist`, {}),
    );
    await server.stop();
  }

  async #takesIn(party: string, connection: NatsConnection): Promise<boolean> {
    const id = randomUUID();
    const { inbox } = this.standIn;
    inbox.deliver(party, id, { id, type: 't' });
    const { messages } = await askFor(connection, 'take', {
      payload: { take: randomUUID(), max: 1 },
      reply: takeReply,
    });
    const { done } = await askFor(connection, 'settle', {
      payload: { done: [id] },
      reply: settleReply,
    });
    return messages[0]?.message.id === id && done[0] === id && inbox.open(party).length === 0;
  }

  async #ingressControls(party: string, show: Show): Promise<void> {
    const { guard } = this;
    const stream = ingressStream(party);
    await show('guard', `reads ${stream} from its first message`, async () => {
      const { state } = await this.manager.streams.info(stream);
      return (await readAll(guard, party, state.last_seq))[0] === state.first_seq;
    });
    await show('guard', `trims ${stream} to its last message`, async () => {
      const { state } = await this.manager.streams.info(stream);
      await trimIngress(trimmingNow(guard, party), state.last_seq);
      return (await this.manager.streams.info(stream)).state.messages === 1;
    });
    await show('guard', `sees ${stream}`, async () => {
      const { error } = await askJetStream(guard, `STREAM.INFO.${stream}`);
      return error === undefined;
    });
  }

  async #wake(): Promise<boolean> {
    const other = await this.nats.connect('guard');
    const heard: string[] = [];
    other.subscribe('wake', { callback: (_error, message) => void heard.push(message.string()) });
    await other.flush();
    this.guard.publish('wake', '["jcp_a"]');
    await until('the other guard hears it', () => heard.includes('["jcp_a"]'), 3_000);
    await other.close();
    return true;
  }

  /** The operator's command, on the running broker. */
  async addAgency(id: string): Promise<void> {
    const party = await this.nats.newParty(id);
    this.nats.parties = await addParty(
      this.nats.broker,
      this.nats.parties,
      party,
      this.nats.seedFile(id),
    );
    this.#agencies = [...this.#agencies, id];
    await this.seed([id]);
    await this.openReadings([id]);
  }

  async connectionOf(user: string): Promise<NatsConnection> {
    const known = user === 'guard' ? this.guard : this.#connections.get(user);
    if (known !== undefined) return known;
    const connection = await this.nats.connect(user);
    this.#connections.set(user, connection);
    return connection;
  }

  /** All that could have been done to a stream or to a reading, and streams that there should not be. */
  async #states(): Promise<ReadonlyMap<string, string>> {
    const states = new Map<string, string>();
    for await (const { config, state } of this.manager.streams.list()) {
      const readings = [];
      for await (const reading of this.manager.consumers.list(config.name))
        readings.push({
          config: reading.config,
          delivered: reading.delivered,
          waiting: reading.num_waiting,
        });
      const { messages, first_seq: first, last_seq: last } = state;
      states.set(config.name, JSON.stringify({ config, messages, first, last, readings }));
    }
    return states;
  }

  async stop(): Promise<void> {
    await this.standIn.stop();
    await this.nats.stop();
  }
}

export async function openBrokerGround(): Promise<BrokerGround> {
  const nats = await NatsForTest.start(agencyKinds);
  const guard = await nats.connect('guard');
  const manager = await jetstreamManager(await nats.connect('provisioner'));
  const standIn = await standInGuard(guard);
  standIn.events.publish({ event: true });
  const ground = new BrokerGround(nats, manager, guard, standIn);
  await ground.seed(ground.parties);
  await ground.openReadings(ground.parties);
  return ground;
}

/** The places of what lies in a party's stream, up to one, as the guard reads them. */
async function readAll(guard: NatsConnection, party: string, to: number): Promise<number[]> {
  const reader = new IngressReader({ connection: guard, party, batchSize: 16 });
  await reader.begin();
  const places: number[] = [];
  while (reader.isReading && (places.at(-1) ?? 0) < to)
    places.push(...(await reader.next()).map(({ seq }) => seq));
  reader.stop();
  return places;
}
