import type { Directory } from '#libs/contracts/ask.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { MailboxPut, PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { DirectoryFile } from './directory-file.js';

/** One entry to be put, or found as it should be. `what` names it for the operator. */
export interface PlannedPut {
  readonly what: string;
  readonly type: MessageName &
    ('directory.party-put' | 'directory.person-put' | 'people.mailbox-put');
  readonly to: 'mesh' | 'svc_notifier';
  readonly data: PartyPut | PersonPut | MailboxPut;
  readonly needed: boolean;
}

/**
 * What must be put so that the mesh has what the file says: parties first, then people, then mailboxes. Entries that the guard holds just
 * so are not put again. Mailboxes always are: the notifier alone holds them, and takes the same one twice without effect.
 *
 * @param keys armoured public key of each person who has one
 */
export function planDirectory(
  file: DirectoryFile,
  has: Directory,
  keys: ReadonlyMap<string, string>,
): readonly PlannedPut[] {
  const parties = new Map(has.parties.map((party) => [party.party, canonical(party)]));
  const people = new Map(has.people.map((person) => [person.person, canonical(person)]));
  return [
    ...file.parties.map(({ id, ...rest }): PlannedPut => {
      const data: PartyPut = { party: id, ...rest, serves: [...rest.serves] };
      return {
        what: `party ${id}`,
        type: 'directory.party-put',
        to: 'mesh',
        data,
        needed: parties.get(id) !== canonical(data),
      };
    }),
    ...file.people.map(({ id, name: _name, address: _address, key: _key, ...rest }): PlannedPut => {
      const data: PersonPut = { person: id, ...rest };
      return {
        what: `person ${id}`,
        type: 'directory.person-put',
        to: 'mesh',
        data,
        needed: people.get(id) !== canonical(data),
      };
    }),
    ...file.people.map(({ id, name, address }): PlannedPut => {
      const publicKey = keys.get(id);
      const data: MailboxPut = {
        person: id,
        name,
        address,
        ...(publicKey === undefined ? {} : { publicKey }),
      };
      const what = `mailbox ${id}${publicKey === undefined ? ' (no key: mail is held)' : ''}`;
      return { what, type: 'people.mailbox-put', to: 'svc_notifier', data, needed: true };
    }),
  ];
}

/** The same text for the same content, whatever the order of names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
