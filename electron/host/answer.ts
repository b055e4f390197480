import * as v from 'valibot'
import { failed, failure, type Result } from '../contract/failures.ts'
import type { Log } from '../platform/environment.ts'

interface Answers {
  /** The schema of the arguments of each call. */
  readonly calls: Readonly<Record<string, { readonly args: v.GenericSchema }>>
  readonly handlers: object
  readonly log: Log
}

/**
 * Answers one call of the page or of a command: parses its arguments by the contract and runs its handler. Invalid
 * arguments are logged and answered as `bad-call`, an exception in the handler as `unexpected`.
 */
export async function answerCall(
  name: string,
  args: unknown,
  { calls, handlers, log }: Answers,
): Promise<Result<unknown>> {
  // The contract types the arguments of each handler; here they are parsed by the same entry of the contract.
  const handler = (handlers as Readonly<Record<string, unknown>>)[name] as
    | ((args: unknown) => Promise<Result<unknown>>)
    | undefined
  const parsed = calls[name] && v.safeParse(calls[name].args, args)
  if (!handler || !parsed?.success) {
    // Only the position and kind of the problem: an argument may be a password.
    log.error('a call with invalid arguments was rejected', {
      name,
      problems: parsed?.issues?.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.type}`),
    })
    return failed(failure('bad-call'))
  }
  try {
    return await handler(parsed.output)
  } catch (error) {
    log.error('a call handler threw an exception', { name, error })
    return failed(failure('unexpected'))
  }
}
