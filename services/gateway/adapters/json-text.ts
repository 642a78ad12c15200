/** A body that came as application/json: told apart from a CloudEvent, which is text, so that neither passes for the other. */
export class JsonText {
  constructor(readonly text: string) {}
}
