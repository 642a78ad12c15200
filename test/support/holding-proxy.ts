import { type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';

type Direction = 'up' | 'down';

/** A TCP way to the broker that can hold back what a guard has sent (`up`), or what it is answered (`down`), as a stalled kernel buffer would. */
export class HoldingProxy {
  private trigger: { readonly text: string; readonly holds: Direction } | undefined;
  private isHolding = false;
  private readonly held: { readonly to: Socket; readonly chunk: Buffer }[] = [];
  private readonly sockets = new Set<Socket>();
  /** What the broker answered, whether passed on or held. */
  answers = '';

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async to(url: string): Promise<HoldingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HoldingProxy(server, new URL(url));
  }

  get url(): string {
    const address = this.server.address();
    return `nats://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** From the moment that the guard sends this text, that included, holds one direction back. */
  holdFrom(text: string, holds: Direction): void {
    this.trigger = { text, holds };
  }

  /** The same, from now on. */
  hold(holds: Direction): void {
    this.trigger = { text: '', holds };
    this.isHolding = true;
  }

  /** Cuts every connection; what was held is lost on the way. Whoever connects again finds it open. */
  cut(): void {
    this.trigger = undefined;
    this.isHolding = false;
    this.held.length = 0;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  /** How many stand now. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  get hasHeld(): boolean {
    return this.isHolding;
  }

  /** Lets go of everything, in its order, and holds no more. */
  release(): void {
    this.trigger = undefined;
    for (const { to, chunk } of this.held.splice(0)) to.write(chunk);
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(client: Socket): void {
    const broker = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, broker]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client
      .on('data', (chunk) => this.pass('up', broker, chunk))
      .on('close', () => broker.destroy());
    broker
      .on('data', (chunk) => this.pass('down', client, chunk))
      .on('close', () => client.destroy());
  }

  private pass(direction: Direction, to: Socket, chunk: Buffer): void {
    if (direction === 'down') this.answers += chunk.toString('latin1');
    if (direction === 'up' && this.trigger !== undefined && chunk.includes(this.trigger.text))
      this.isHolding = true;
    if (this.isHolding && this.trigger?.holds === direction) this.held.push({ to, chunk });
    else to.write(chunk);
  }
}
