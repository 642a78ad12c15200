import type { FormField } from '#libs/contracts/form-shape.js';
import type { MessageName } from '#libs/contracts/message-table.js';

/** A review is offered at the client's next interview where there is one: that is asked before all else. */
const comesFirst: Readonly<Partial<Record<MessageName, readonly string[]>>> = {
  'review.offered': ['slot', 'startsAt'],
  'review.moved': ['slot', 'startsAt'],
};

const isWritten = ({ kind }: FormField): boolean =>
  kind === 'line' || kind === 'lines' || kind === 'text';

/** The order on the page: what is picked before what is written, each in the order of the form. Its contract keeps its own. */
export function inPageOrder(name: MessageName, fields: readonly FormField[]): readonly FormField[] {
  const first = comesFirst[name] ?? [];
  const placeOf = (field: FormField): number => {
    const at = first.indexOf(field.path);
    return at === -1 ? first.length + (isWritten(field) ? 1 : 0) : at;
  };
  return fields.toSorted((one, other) => placeOf(one) - placeOf(other));
}
