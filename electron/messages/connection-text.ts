import type { StepResult } from '../contract/diagnostics.ts'
import type { Translate } from './messages.ts'

/** The result of a step of a connection check, without its failure. */
export function stepText({ step, outcome, params }: StepResult, t: Translate): string {
  if (outcome === 'skipped') return t(step === 'proxy' ? 'connection.direct' : 'connection.not-checked')
  return t(`connection.${step}-${outcome}`, params)
}
