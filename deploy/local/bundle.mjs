// Joins all that a process reads into one file, in place, after the compiler: started from its parts, a service reads some two thousand files,
// and that was most of its start. The parts stay beside it for the tests, which read them one by one.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Nest and the drivers look for these and go on without them. */
const NOT_INSTALLED = [
  '@fastify/multipart',
  '@fastify/view',
  '@grpc/*',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'amqp-connection-manager',
  'amqplib',
  'class-transformer',
  'class-validator',
  'kafkajs',
  'mqtt',
  'nats',
  'pg-native',
];

/** The first must stay exchangeable (LGPL); the second is read as files. */
const APART = ['openpgp', 'swagger-ui-dist'];

/** What is started as a process or a thread of its own. */
const entries = () => [
  ...readdirSync(`${root}/dist/services`).map((name) => `dist/services/${name}/main.js`),
  'dist/services/consent-guard/adapters/seal-records.js',
  'dist/deploy/local/mail-sink-main.js',
  'dist/deploy/local/start.js',
  'dist/deploy/ops/main.js',
];

await build({
  absWorkingDir: root,
  entryPoints: entries(),
  outbase: 'dist',
  outdir: 'dist',
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Nest's errors and logs name classes.
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  external: [...NOT_INSTALLED, ...APART],
  // CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});
