import type { Conditions, Hold, NetworkName } from '../../contract/conditions.ts'
import type { Settings } from '../../contract/settings.ts'
import { quietHoursAt } from './quiet-hours.ts'

/** What is known of the world around, as the system tells it. */
export interface PauseInputs {
  readonly nowMs: number
  readonly power: Conditions['power']
  readonly network: Conditions['network']
}

type PauseSettings = Pick<
  Settings,
  'pauseBelowPercent' | 'pauseOnMetered' | 'lines' | 'quietHours' | 'limitBytesPerSecond'
>

/** Whether the line is paid by the byte: the person's word about it first, then the system's. */
function isMetered({ metered, line }: PauseInputs['network'], lines: Settings['lines']): boolean {
  return lines.find(({ id }) => id === line?.id)?.isMetered ?? metered === 'yes'
}

/** Every reason to wait that holds now, the one that ends last first: a line stays as it is, hours pass. */
export function activePauseReasons(wishes: PauseSettings, facts: PauseInputs): readonly Hold[] {
  const { power, network, nowMs } = facts
  const { pauseBelowPercent: belowPercent } = wishes
  const quiet = quietHoursAt(wishes.quietHours, nowMs)
  const holds: Hold[] = []
  if (wishes.pauseOnMetered && isMetered(network, wishes.lines))
    holds.push({ kind: 'metered', line: network.line })
  // A level that nobody tells stops nobody.
  if (belowPercent !== null && power.isOnBattery && power.percent !== null && power.percent < belowPercent)
    holds.push({ kind: 'battery', percent: power.percent, belowPercent })
  if (quiet.isPause) holds.push({ kind: 'quiet-hours', untilMs: quiet.untilMs })
  return holds
}

/** The limit in force: the lower of the person's and that of the hour. */
export function currentSpeedLimit(wishes: PauseSettings, nowMs: number): Conditions['limit'] {
  const { limitBytesPerSecond: quiet, untilMs } = quietHoursAt(wishes.quietHours, nowMs)
  const own = wishes.limitBytesPerSecond
  const isFromQuietHours = quiet !== null && (own === null || quiet < own)
  return { bytesPerSecond: isFromQuietHours ? quiet : own, isFromQuietHours, untilMs }
}

/** "Send anyway", and what it was said about: it holds until that has changed. */
export interface Override {
  readonly holds: readonly Hold[]
}

const isSameNetwork = (one: NetworkName | null, other: NetworkName | null) => one?.id === other?.id

/** Whether a reason to wait is one that the person has set aside. */
export function isOverridden(hold: Hold, override: Override | null): boolean {
  return (override?.holds ?? []).some((said) => {
    if (said.kind === 'metered' && hold.kind === 'metered') return isSameNetwork(said.line, hold.line)
    if (said.kind === 'quiet-hours' && hold.kind === 'quiet-hours') return said.untilMs === hold.untilMs
    return said.kind === 'battery' && hold.kind === 'battery'
  })
}
