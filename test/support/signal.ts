/** Something that a test waits for, and what tells it: a lock is held until then, or a step was reached. */
export interface Signal {
  readonly given: Promise<void>;
  give(): void;
}

export function newSignal(): Signal {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}
