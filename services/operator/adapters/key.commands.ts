import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type KeysState, keysReply } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { KeyFile } from '../domain/key-file.js';
import { renderTable } from '../domain/render-table.js';
import type { OperatorContext } from './operator-context.js';

/** How long all instances are waited for, in ms; they look every second. */
const waitMs = 30_000;
const lookMs = 250;

/**
 * The guard's key, changed while the mesh runs. `rotate`: a new version is added, waited for until every instance knows it, made current,
 * waited for until it is written with. The guards then renew what is old in the background; `retire` destroys an old key that nothing needs.
 */
export function addKeyCommands(
  program: Command,
  context: OperatorContext,
  keyFile: KeyFile | undefined,
): void {
  const keys = program
    .command('keys')
    .description("versions of the guard's key: how many rows still need which; never a key");
  addStatus(keys, context);
  if (keyFile === undefined) return;
  addRotate(keys, context, keyFile);
  addRetire(keys, context, keyFile);
}

function addStatus(keys: Command, context: OperatorContext): void {
  keys
    .command('status')
    .description('who knows which version, what is written with, what still needs an old one')
    .action(async () => {
      const state = await readState(context);
      const rows = state.versions.map((each) => [
        String(each.version),
        each.version === state.writing ? 'yes' : '',
        `${each.holders} of ${state.instances}`,
        ...[each.clients, each.consents, each.held, each.deadLetters].map(String),
      ]);
      context.show(
        state,
        renderTable(
          ['version', 'written with', 'known to', 'clients', 'consents', 'held', 'dead letters'],
          rows,
        ),
      );
    });
}

function addRotate(keys: Command, context: OperatorContext, keyFile: KeyFile): void {
  keys
    .command('rotate')
    .description('a new key, in two steps, while the mesh runs')
    .action(async () => {
      // One that was added before, and not made current yet, is gone on with.
      const { current, versions } = await keyFile.read();
      const version = versions.find((each) => each > current) ?? (await keyFile.add());
      await waitFor(context, `every guard knows version ${version}`, (state) =>
        isKnownToAll(state, version),
      );
      await keyFile.makeCurrent(version);
      await waitFor(
        context,
        `version ${version} is written with`,
        (state) => state.writing === version,
      );
      context.show(
        { version },
        `version ${version} is written with; what is old is renewed in the background: keys status`,
      );
    });
}

function addRetire(keys: Command, context: OperatorContext, keyFile: KeyFile): void {
  keys
    .command('retire')
    .description('destroy an old key; refused while any row still needs it')
    .argument('<version>', 'as keys status shows it', readVersion)
    .action(async (version: number) => {
      const state = await readState(context);
      const needs = state.versions.find((each) => each.version === version);
      const rows =
        needs === undefined ? 0 : needs.clients + needs.consents + needs.held + needs.deadLetters;
      if (rows > 0 || state.writing === version)
        throw new MeshError(
          'config-invalid',
          `version ${version} is still needed: ${rows} rows, written with: ${state.writing}`,
        );
      await keyFile.remove(version);
      context.show({ version }, `version ${version} is destroyed`);
    });
}

const isKnownToAll = ({ versions, instances }: KeysState, version: number): boolean =>
  instances > 0 && versions.some((each) => each.version === version && each.holders === instances);

const readState = (context: OperatorContext): Promise<KeysState> =>
  context.withDesk(async (desk) => keysReply.parse(await desk.ask('keys', {})));

async function waitFor(
  context: OperatorContext,
  what: string,
  isSo: (state: KeysState) => boolean,
): Promise<void> {
  const end = performance.now() + waitMs;
  while (!isSo(await readState(context))) {
    if (performance.now() > end)
      throw new MeshError('answer-timeout', `not yet: ${what}; see keys status, then run it again`);
    await delay(lookMs);
  }
}

function readVersion(text: string): number {
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1)
    throw new InvalidArgumentError('a version is a whole number from 1');
  return version;
}
