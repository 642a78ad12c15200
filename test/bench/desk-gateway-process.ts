// A gateway that only answers, as a process of its own, so that it takes no time of the desk's: a worklist of many steps, a case of many events.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { typeOf } from '#libs/contracts/message-table.js';

const [steps = 0, events = 0] = process.argv.slice(2).map(Number);
const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const benchCase = id(1);
const names = ['discuss-did-not-attend', 'tell-client', 'note-receipt', 're-engage'] as const;
const types = ['appointment.booked', 'appointment.did-not-attend', 'tpr2.shared'] as const;
const at = (n: number): string => new Date(Date.UTC(2026, 0, 5, 9, n % 480)).toISOString();

const step = (n: number): object => ({
  case: id(n),
  shortReference: '7K2MXYZ4',
  step: names[n % names.length],
  party: 'jcp_bench',
  owner: 'p_bench',
  deputy: 'p_bench',
  openedAt: at(n),
  dueOn: `2026-0${1 + (n % 9)}-1${n % 10}`,
  overdue: n % 2 === 0,
  escalation: 'owner',
  cause: id(n),
});
const event = (n: number): object => ({
  id: id(n),
  type: typeOf(types[n % types.length] ?? 'appointment.booked'),
  case: benchCase,
  sender: 'trt_bench',
  to: 'jcp_bench',
  time: at(n),
  state: 'cleared',
  collected: true,
  records: [],
});
const many = (count: number, one: (n: number) => object): readonly object[] =>
  Array.from({ length: count }, (_each, index) => one(index + 1));

const worklist = JSON.stringify({ steps: many(steps, step), waiting: [] });
const caseView = JSON.stringify({
  case: benchCase,
  shortReference: '7K2MXYZ4',
  messages: many(events, event),
  steps: many(3, step),
  waiting: [],
  reminders: [],
  mails: [],
});
const provider = { id: 'trt_bench', kind: 'treatment-provider', name: 'Bench', serves: [] };

function answerTo(path: string): string {
  if (path.startsWith('/v1/worklist')) return worklist;
  if (path.startsWith('/v1/parties')) return JSON.stringify({ parties: [provider] });
  if (path.endsWith('/consents')) return JSON.stringify({ consents: [], history: [] });
  if (path.startsWith('/v1/cases/')) return caseView;
  return JSON.stringify({ messages: [] });
}

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const send = (): void =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(path));
  // An empty inbox is held, as the gateway holds it.
  if (path.startsWith('/v1/inbox')) setTimeout(send, 20_000).unref();
  else send();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log((server.address() as AddressInfo).port);
