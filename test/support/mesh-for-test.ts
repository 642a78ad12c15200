import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type LocalMesh, type MeshOptions, startMesh } from '#deploy/local/mesh.js';
import { type ReceivedMail, readMails } from '#deploy/local/mail-folder.js';
import { LocalProvisioner } from '#deploy/ops/local.provisioner.js';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { EdgeClient } from '#deploy/sample/edge-client.js';
import { loadSample } from '#deploy/sample/load-sample.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import { runOperator } from '#services/operator/run-operator.js';
import type { CallOptions, HttpAnswer } from './gateway-for-test.js';
import { copyCluster } from './postgres-cluster.js';
import { processesOf } from './processes-of.js';
import { copyPeople } from './sample-people.js';
import { type ScratchFolder, scratchFolder } from './scratch-folder.js';
import { usualStart } from './usual-start.js';

export type MeshForTestOptions = Pick<MeshOptions, 'scale' | 'without' | 'startsAt' | 'settings'>;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface MessageParts {
  readonly from: string;
  readonly actor: string;
  readonly name: MessageName;
  readonly to: string;
  readonly case: string;
  readonly caseref?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type CloudEvent = Record<string, unknown> & { readonly id: string };

/** The whole mesh in a folder of its own: real servers, the services as processes, the sample's directory and keys. It takes ten seconds to start. */
export class MeshForTest {
  readonly lines: string[] = [];

  private constructor(
    private readonly scratch: ScratchFolder,
    readonly mesh: LocalMesh,
    readonly clock: LocalClockControl,
  ) {}

  static async start({
    startsAt = usualStart,
    ...more
  }: MeshForTestOptions = {}): Promise<MeshForTest> {
    const scratch = await scratchFolder();
    await copyCluster(join(scratch.path, 'postgres')); // the mesh finds it, and makes none
    const directory = await readSampleDirectory();
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const options = { folder: scratch.path, parties: directory.parties, print, startsAt };
    const [mesh] = await Promise.all([
      startMesh({ ...more, ...options }),
      copyPeople(scratch.path),
    ]);
    const keysFolder = join(scratch.path, 'sample-keys');
    const test = new MeshForTest(scratch, mesh, await LocalClockControl.open(mesh.clockFile));
    try {
      await loadSample({ env: test.operatorEnv, keysFolder });
    } catch (error) {
      await test.stop();
      throw error;
    }
    return test;
  }

  get folder(): string {
    return this.scratch.path;
  }

  get gpgHome(): string {
    return join(this.folder, 'gnupg');
  }

  get operatorEnv(): Record<string, string> {
    const { natsUrl, secrets, clockFile } = this.mesh;
    return {
      MESH_ENV: 'local',
      NATS_URL: natsUrl,
      NATS_SEED_FILE: secrets.seed('svc_ops'),
      CLOCK_FILE: clockFile,
    };
  }

  edge(): EdgeClient {
    return new EdgeClient(this.mesh.gatewayUrl, this.mesh.tokens);
  }

  /** The operator's tool, as `npm run ops` runs it. */
  async operator(args: readonly string[]): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runOperator(args, {
      env: this.operatorEnv,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      provisioner: new LocalProvisioner(join(this.folder, 'mesh-state.json')),
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  mails(): Promise<readonly ReceivedMail[]> {
    return readMails(this.mesh.mailFolder);
  }

  /** A message as an agency's system makes it, now by the mesh's clock; `changes` go over the envelope. */
  message(
    { name, from, ...parts }: MessageParts,
    changes: Readonly<Record<string, unknown>> = {},
  ): CloudEvent {
    return {
      specversion: '1.0',
      id: this.newId(),
      source: sourceOf(from),
      type: typeOf(name),
      time: this.clock.now().toISOString(),
      ...parts,
      ...changes,
    };
  }

  newId(atMs = this.clock.now().getTime()): string {
    return uuidV7(atMs, randomBytes(10));
  }

  /** One request to the edge, as it comes; `party` undefined: without a token. */
  async call(
    party: string | undefined,
    path: string,
    { method = 'GET', headers = {}, body, token }: CallOptions = {},
  ): Promise<HttpAnswer> {
    const bearer = token ?? (party === undefined ? undefined : this.mesh.tokens[party]);
    const response = await fetch(new URL(path, this.mesh.gatewayUrl), {
      method,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? (JSON.parse(text) as HttpAnswer['body']) : {},
    };
  }

  /** `POST /v1/messages` that waits for the verdict. Anything but a string is written as JSON. */
  send(party: string, message: unknown): Promise<HttpAnswer> {
    const body = typeof message === 'string' ? message : JSON.stringify(message);
    return this.call(party, '/v1/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json', prefer: 'wait=15' },
      body,
    });
  }

  /** Stops everything. @throws Error when a process of this mesh is still there afterwards. */
  async stop(): Promise<void> {
    await this.mesh.stop();
    const left = processesOf(this.folder).map(({ name, pid }) => `${name} (${pid})`);
    await this.scratch.remove();
    if (left.length > 0) throw new Error(`left running: ${left.join(', ')}`);
  }
}
