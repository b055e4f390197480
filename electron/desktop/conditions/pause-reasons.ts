import type { Conditions, Hold, NetworkName } from '../../contract/conditions.ts'
import type { Settings } from '../../contract/settings.ts'
import { quietHoursAt } from './quiet-hours.ts'

/** The state of the computer that pause reasons depend on. */
export interface PauseInputs {
  readonly nowMs: number
  readonly power: Conditions['power']
  readonly network: Conditions['network']
}

type PauseSettings = Pick<
  Settings,
  'pauseBelowPercent' | 'pauseOnMetered' | 'lines' | 'quietHours' | 'limitBytesPerSecond'
>

/** The user's own setting for a network outranks what the system reports. */
function isMetered({ metered, line }: PauseInputs['network'], lines: Settings['lines']): boolean {
  return lines.find(({ id }) => id === line?.id)?.isMetered ?? metered === 'yes'
}

/** All active pause reasons, the one that is likely to last longest first. */
export function activePauseReasons(settings: PauseSettings, inputs: PauseInputs): readonly Hold[] {
  const { power, network, nowMs } = inputs
  const { pauseBelowPercent: belowPercent } = settings
  const quietHours = quietHoursAt(settings.quietHours, nowMs)
  const reasons: Hold[] = []
  if (settings.pauseOnMetered && isMetered(network, settings.lines))
    reasons.push({ kind: 'metered', line: network.line })
  // An unknown level never pauses.
  if (belowPercent !== null && power.isOnBattery && power.percent !== null && power.percent < belowPercent)
    reasons.push({ kind: 'battery', percent: power.percent, belowPercent })
  if (quietHours.isPause) reasons.push({ kind: 'quiet-hours', untilMs: quietHours.pauseUntilMs })
  return reasons
}

/** The lower of the user's limit and the limit of the quiet hours. */
export function currentSpeedLimit(settings: PauseSettings, nowMs: number): Conditions['limit'] {
  const { limitBytesPerSecond: quietLimit, untilMs } = quietHoursAt(settings.quietHours, nowMs)
  const ownLimit = settings.limitBytesPerSecond
  const isFromQuietHours = quietLimit !== null && (ownLimit === null || quietLimit < ownLimit)
  return { bytesPerSecond: isFromQuietHours ? quietLimit : ownLimit, isFromQuietHours, untilMs }
}

/** "Send anyway": the pause reasons it was chosen for. It ends when those have ended or changed. */
export interface Override {
  readonly reasons: readonly Hold[]
}

const isSameNetwork = (one: NetworkName | null, other: NetworkName | null) => one?.id === other?.id

export function isOverridden(reason: Hold, override: Override | null): boolean {
  return (override?.reasons ?? []).some((overridden) => {
    if (overridden.kind === 'metered' && reason.kind === 'metered')
      return isSameNetwork(overridden.line, reason.line)
    if (overridden.kind === 'quiet-hours' && reason.kind === 'quiet-hours')
      return overridden.untilMs === reason.untilMs
    return overridden.kind === 'battery' && reason.kind === 'battery'
  })
}
