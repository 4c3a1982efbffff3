// The lines that clients of the interop service print, one for each case.

export class NotApplicable extends Error {}

/** Runs the cases of these names; the exit code tells whether one has failed. */
export async function run(names, cases, notApplicable) {
  for (const name of names) {
    let outcome = "ok";
    try {
      if (name in notApplicable) throw new NotApplicable(notApplicable[name]);
      await cases[name]();
    } catch (error) {
      if (error instanceof NotApplicable) {
        outcome = `not applicable: ${error.message}`;
      } else {
        process.exitCode = 1;
        outcome = `failed: ${JSON.stringify(error.message)}`;
      }
    }
    console.log(`case ${name}: ${outcome}`);
  }
}
