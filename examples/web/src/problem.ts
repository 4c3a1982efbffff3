// What the shop says when it refuses something.

import { ConnectError } from "@connectrpc/connect";
import { ViolationsSchema, type FieldPath } from "./gen/buf/validate/validate_pb";

/** A rule of the `.proto` that a request breaks, and the field that it is about. */
export interface Violation {
  /** As in `lines[0].quantity`; empty if it is about the whole message. */
  path: string;
  message: string;
}

/** The violations of an error; none if it is another error. */
export function violations(error: unknown): Violation[] {
  if (!(error instanceof ConnectError)) return [];
  return error
    .findDetails(ViolationsSchema)
    .flatMap((found) => found.violations)
    .map(({ field, message }) => ({ path: field ? pathOf(field) : "", message }));
}

/** A sentence for people. */
export function sentence(error: unknown): string {
  return error instanceof ConnectError ? error.rawMessage : String(error);
}

function pathOf({ elements }: FieldPath): string {
  return elements
    .map(({ fieldName, subscript }) => (subscript.value === undefined ? fieldName : `${fieldName}[${subscript.value}]`))
    .join(".");
}
