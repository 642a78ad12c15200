import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WorklistStep } from '#libs/contracts/ask.js';

interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly to: string;
  readonly case: string;
  readonly time: string;
}

/** An HTTP edge without a mesh behind it: answers what a test tells it to, in the gateway's shapes. */
export class ScriptedEdge {
  readonly sent: SentEvent[] = [];
  /** Reason to refuse the next messages with. */
  refuseWith: string | undefined;
  inbox: Record<string, unknown>[] = [];
  steps: WorklistStep[] = [];
  readonly acknowledged: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedEdge> {
    const server = createServer();
    const edge = new ScriptedEdge(server);
    server.on('request', (request, response) => {
      const respond = async (): Promise<void> => {
        const { status, body, type = 'application/json' } = await edge.answer(request);
        response
          .writeHead(status, { 'content-type': type })
          .end(body === undefined ? undefined : JSON.stringify(body));
      };
      void respond();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(
    request: IncomingMessage,
  ): Promise<{ status: number; body?: unknown; type?: string }> {
    const path = new URL(request.url ?? '', this.url).pathname;
    if (request.method === 'POST' && path === '/v1/messages')
      return this.message(JSON.parse(await text(request)) as SentEvent);
    if (request.method === 'POST') {
      this.acknowledged.push(path.split('/')[3] ?? '');
      return { status: 204 };
    }
    if (path === '/v1/inbox') return { status: 200, body: { messages: this.inbox.splice(0) } };
    if (path === '/v1/worklist') return { status: 200, body: { steps: this.steps } };
    return { status: 404, body: {} };
  }

  private message(event: SentEvent): { status: number; body: unknown; type?: string } {
    this.sent.push(event);
    const reason = this.refuseWith;
    const verdict = reason === undefined ? 'cleared' : 'refused';
    const record = { verdict, at: event.time, ...(reason === undefined ? {} : { reason }) };
    const { id, type, time, to } = event;
    const timeline = {
      id,
      type,
      case: event.case,
      sender: event.source.split('/').at(-1),
      to,
      time,
      state: verdict,
      records: [record],
    };
    if (reason === undefined) return { status: 200, body: timeline };
    const problem = {
      type: `urn:throughcare:problem:${reason}`,
      title: reason,
      status: 422,
      detail: 'refused',
      verdict: timeline,
    };
    return { status: 422, body: problem, type: 'application/problem+json' };
  }
}
