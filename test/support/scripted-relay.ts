import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** What the relay answers at each step: a reply line; `cut` cuts the connection without one; `cut-after:250 2.0` says that much, with no line end. */
export interface RelayScript {
  readonly offers?: readonly string[];
  readonly mail?: string;
  readonly rcpt?: string;
  readonly data?: string;
  /** To the whole body. */
  readonly body?: string;
}

/** A relay that plays a script, one entry a connection (the last one repeats), and keeps every word that was said to it. */
export class ScriptedRelay {
  readonly said: string[] = [];
  readonly bodies: string[] = [];
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly scripts: readonly RelayScript[],
  ) {
    server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#talk(socket),
    );
  }

  static async start(
    scripts: readonly RelayScript[],
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<ScriptedRelay> {
    const relay = new ScriptedRelay(
      tls === undefined ? createServer() : createTlsServer(tls),
      scripts,
    );
    relay.server.listen(0, '127.0.0.1');
    await once(relay.server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #talk(socket: Socket): void {
    const script = this.scripts[Math.min(this.#connections, this.scripts.length - 1)] ?? {};
    this.#connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    let body: string | undefined;
    let rest = '';
    socket.write('220 relay ready\r\n');
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (body === undefined) {
          this.said.push(line);
          if (this.#command(socket, script, line)) body = '';
        } else if (line === '.') {
          this.bodies.push(body);
          body = undefined;
          say(socket, script.body ?? '250 2.0.0 Ok: queued as ABC123');
        } else body += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
      }
    });
  }

  /** @returns true when the body follows. */
  #command(socket: Socket, script: RelayScript, line: string): boolean {
    const verb = line.split(/[ :]/)[0]?.toUpperCase();
    if (verb === 'EHLO')
      say(
        socket,
        ['relay', ...(script.offers ?? [])]
          .map((offer, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${offer}`)
          .join('\r\n'),
      );
    else if (verb === 'MAIL') say(socket, script.mail ?? '250 2.1.0 Ok');
    else if (verb === 'RCPT') say(socket, script.rcpt ?? '250 2.1.5 Ok');
    else if (verb === 'DATA') {
      const answer = script.data ?? '354 go ahead';
      say(socket, answer);
      return answer.startsWith('354');
    } else say(socket, verb === 'QUIT' ? '221 bye' : '502 no');
    return false;
  }
}

function say(socket: Socket, answer: string): void {
  if (answer === 'cut') socket.destroy();
  else if (answer.startsWith('cut-after:')) socket.end(answer.slice('cut-after:'.length));
  else socket.write(`${answer}\r\n`);
}
