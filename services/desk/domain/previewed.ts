import { fieldRules } from '#libs/contracts/field.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';

/**
 * Messages of which a person sees, before they go, what will go and what will not: all that tell another agency something of the client.
 * What stays at home has no purpose. What holds nothing but references of the mesh, such as an acknowledgement, has nothing to be left out.
 */
const previewed: ReadonlySet<MessageName> = new Set(
  messageNames.filter((name) => {
    const { purpose, form } = ruleOf(name);
    return (
      purpose !== null && fieldRules(form).some(({ category }) => category !== 'administration')
    );
  }),
);

export const isPreviewed = (name: MessageName): boolean => previewed.has(name);
