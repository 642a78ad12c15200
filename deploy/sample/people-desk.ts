import { runOperator } from '#services/operator/run-operator.js';

/** Where people of the sample leave and come back: the operator's part. */
export abstract class PeopleDesk {
  /** The person's last day is `on`. @throws Error when the mesh does not take it */
  abstract leaves(person: string, on: string): Promise<void>;
}

/** By the operator's own tool, as in production. `env`: how it reaches the mesh, with the key of `svc_ops`. */
export class OperatorsPeopleDesk extends PeopleDesk {
  constructor(private readonly env: Readonly<Record<string, string>>) {
    super();
  }

  async leaves(person: string, on: string): Promise<void> {
    const lines: string[] = [];
    const take = (line: string): void => void lines.push(line);
    const args = ['person', 'leaves', person, '--on', on];
    const code = await runOperator(args, { env: this.env, out: take, err: take });
    if (code !== 0)
      throw new Error(`${person} could not be entered as leaving: ${lines.join(' ')}`);
  }
}
