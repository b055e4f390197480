import type { MessageKey } from './messages.ts'

/** A duration rounded to whole seconds, minutes or tenths of hours, for the message `key`. */
export function spanOf(ms: number): { readonly key: MessageKey; readonly count: number } {
  if (ms < 100_000) return { key: 'span.seconds', count: Math.round(ms / 1_000) }
  if (ms < 100 * 60_000) return { key: 'span.minutes', count: Math.round(ms / 60_000) }
  return { key: 'span.hours', count: Math.round(ms / 360_000) / 10 }
}
