import type { Command } from 'commander';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { directoryReply } from '#libs/contracts/ask.js';
import { checkDirectory } from '../domain/check-directory.js';
import type { DirectoryFile, PartyEntry } from '../domain/directory-file.js';
import type { PartyProvisioner } from '../domain/party-provisioner.js';
import { renderTable } from '../domain/render-table.js';
import { applyDirectory, isApplied } from './apply-directory.js';
import { readDirectoryFile, readKeys } from './directory-file.reader.js';
import type { OperatorContext } from './operator-context.js';

export function addPartyCommand(
  program: Command,
  context: OperatorContext,
  provisioner: PartyProvisioner,
): void {
  program
    .command('party')
    .description('parties of the running mesh')
    .command('add <file>')
    .description(
      'add one party: its account at the broker, its bearer token (shown once), its entries in the directory',
    )
    .option('--keys <folder>', 'armoured OpenPGP public keys of its people, <person>.asc')
    .option(
      '--new-token',
      'the party is there already: give it a new bearer token; the old one ends at once',
    )
    .action(async (path: string, options: { keys?: string; newToken?: boolean }) => {
      const file = await readDirectoryFile(path);
      const party = onlyParty(file);
      const keys =
        options.keys === undefined ? new Map<string, string>() : await readKeys(file, options.keys);
      await context.withDesk(async (desk) =>
        refuseWrong(file, directoryReply.parse(await desk.ask('directory', {}))),
      );
      const { token, notes } = await provisioner.provision(party, options.newToken === true);
      // The broker was reloaded: a fresh connection. The token is shown whatever happens next, since it is shown only here.
      const applied = await context
        .withDesk((desk) => applyDirectory(desk, file, keys))
        .catch((error: unknown) => {
          context.show({ party: party.id, token }, tokenLine(party.id, token));
          throw error;
        });
      const rows = applied.map(({ what, verdict, reason }) => [what, verdict, reason]);
      const table = renderTable(['entry', 'verdict', 'reason'], rows);
      context.show(
        { party: party.id, token, notes, applied },
        [...notes, table, '', tokenLine(party.id, token)].join('\n'),
      );
      if (!applied.every(isApplied))
        context.fail('not every entry was taken; mend the file and run directory apply');
    });
}

const tokenLine = (party: string, token: string): string =>
  `bearer token of ${party}, shown this once: ${token}`;

function onlyParty(file: DirectoryFile): PartyEntry {
  const [party, ...more] = file.parties;
  if (party === undefined || more.length > 0)
    throw new MeshError('config-invalid', 'parties: must hold exactly one party, the new one');
  return party;
}

function refuseWrong(file: DirectoryFile, has: Parameters<typeof checkDirectory>[1]): void {
  const [first] = checkDirectory(file, has);
  if (first !== undefined) throw new MeshError('config-invalid', `${first.field}: ${first.detail}`);
}
