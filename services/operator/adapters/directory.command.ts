import type { Command } from 'commander';
import { directoryReply } from '#libs/contracts/ask.js';
import { renderTable } from '../domain/render-table.js';
import { applyDirectory, isApplied } from './apply-directory.js';
import { readDirectoryFile, readKeys } from './directory-file.reader.js';
import type { OperatorContext } from './operator-context.js';

export function addDirectoryCommands(program: Command, context: OperatorContext): void {
  const directory = program.command('directory').description('parties, people, mailboxes and keys');

  directory
    .command('apply <file>')
    .description('bring the directory to what the file says; may be run again')
    .option('--keys <folder>', 'armoured OpenPGP public keys, <person>.asc')
    .action(async (path: string, options: { keys?: string }) => {
      const file = await readDirectoryFile(path);
      const keys =
        options.keys === undefined ? new Map<string, string>() : await readKeys(file, options.keys);
      const applied = await context.withDesk((desk) => applyDirectory(desk, file, keys));
      const rows = applied.map(({ what, verdict, reason }) => [what, verdict, reason]);
      context.show(applied, renderTable(['entry', 'verdict', 'reason'], rows));
      const refused = applied.filter((entry) => !isApplied(entry)).length;
      if (refused > 0) context.fail(`${refused} of ${applied.length} entries were not taken`);
    });

  directory
    .command('show')
    .description('parties and people as the guard holds them')
    .action(async () => {
      const answer = directoryReply.parse(
        await context.withDesk((desk) => desk.ask('directory', {})),
      );
      const parties = answer.parties.map((party) => [
        party.party,
        party.kind,
        party.agency,
        party.serves.map(({ role, district }) => `${role}@${district}`).join(' '),
        party.dutyPerson,
        party.teamLeader,
        party.active ? 'yes' : 'no',
      ]);
      const people = answer.people.map((person) => [
        person.person,
        person.party,
        person.job,
        person.deputy,
        person.active ? 'yes' : 'no',
      ]);
      const tables = [
        renderTable(
          ['party', 'kind', 'agency', 'serves', 'duty person', 'team leader', 'active'],
          parties,
          'no parties',
        ),
        renderTable(['person', 'party', 'job', 'deputy', 'active'], people, 'no people'),
      ];
      context.show(answer, tables.join('\n\n'));
    });
}
