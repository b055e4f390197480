/**
 * A parsed value, or what is wrong with the input in a few English words (the `problem` of
 * `file-damaged-header`).
 */
export type ParseResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string }

/** A failed result: the input breaks its format's rules. */
export function malformed(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem }
}

/**
 * Ends a parser from inside a nested read; the message is the result's `problem`. Internal to the sequential
 * readers (`ByteWindow`, `JsonReader`, GGUF, ONNX, pickle opcodes), where checking each of millions of reads
 * would hide the format, and a forgotten check would continue with made-up values. Every parser catches it
 * with `tryParse` or `tryParseAsync`, so it never leaves an exported parse function.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}

/** Ends a parser where a loader might continue: at one of our own limits, or where loaders differ. */
export class UndecidedError extends FormatError {}

/** Runs a parser that may throw `FormatError`. Any other exception is a bug and is rethrown. */
export function tryParse<T>(parse: () => T): ParseResult<T> {
  try {
    return { ok: true, value: parse() }
  } catch (error) {
    return toFailedResult(error)
  }
}

/** `tryParse` for a parser that waits for the disk. Also rethrows the file system's errors. */
export async function tryParseAsync<T>(parse: () => Promise<T>): Promise<ParseResult<T>> {
  try {
    return { ok: true, value: await parse() }
  } catch (error) {
    return toFailedResult(error)
  }
}

function toFailedResult(error: unknown): { readonly ok: false; readonly problem: string } {
  if (error instanceof FormatError) return malformed(error.message)
  throw error
}
