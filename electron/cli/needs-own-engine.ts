import { UsageError, type Command } from './arguments.ts'
import type { CliEnvironment } from './cli-environment.ts'

/**
 * Whether a command has settings that the running app doesn't share: a token, which only this process may use, or
 * limits of its own. It then uploads beside the app.
 */
export function needsOwnEngine(
  command: Extract<Command, { readonly name: 'upload' | 'resume' }>,
  { token, limitBytesPerSecond, hasOwnPutLimit }: CliEnvironment,
): boolean {
  const { limitBytesPerSecond: limit, streamsMost } = command
  const hasLimits = (limit ?? limitBytesPerSecond) !== null || streamsMost !== undefined || hasOwnPutLimit
  if (command.name === 'upload' && command.detach && (hasLimits || token !== null))
    throw new UsageError('--detach leaves the upload to the app, without a token or limits of its own.')
  return hasLimits || token !== null
}
