import { MailSink } from './mail-sink.js';

// The mail sink as a process: MAIL_DIR and SMTP_PORT in the environment. Prints one JSON line when it is ready; ends on SIGTERM.
const dir = process.env['MAIL_DIR'];
if (dir === undefined) throw new Error('MAIL_DIR is not set');

const sink = new MailSink({ dir, port: Number(process.env['SMTP_PORT'] ?? 0) });
process.once('SIGTERM', () => void sink.stop());
await sink.start();
console.log(JSON.stringify({ event: 'ready', port: sink.port }));
