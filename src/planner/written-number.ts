/** A JSON number with its own digits: a rounded one would be another number. */
export class WrittenNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}
