import { joinFacts, type Translate } from './messages.ts'

/** The label of the action that stops a pause at once, with the bytes that it would send again. */
export function stopNowText(againBytes: number, t: Translate): string {
  return joinFacts([t('pausing.stop'), againBytes > 0 ? t('pausing.cost', { againBytes }) : null], t)
}
