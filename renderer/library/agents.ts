import type { Agent, LibraryModel } from '../../electron/contract/library.ts'
import { joinFacts, type Translate } from '../../electron/messages/messages.ts'
import { visibleText } from '../ui/format.ts'

/** The agents of a team as listed at a moment. */
export interface ListedAgents {
  readonly agents: readonly Agent[]
  /** Milliseconds since the epoch. */
  readonly listedAtMs: number
}

/**
 * An agent that downloads nothing this long after a model was registered has downloaded it already; in ms. The
 * server's clock and this computer's may differ by minutes.
 */
const startsWithinMs = 5 * 60_000

const isSyncing = ({ status }: Agent) => status === 'syncing'
const isUnhealthy = ({ status }: Agent) => status === 'unhealthy'

/**
 * How many agents presumably have a model; null if that can't be presumed, as for a new model. Which models an
 * agent has isn't listed, but it downloads every active model when it connects or when one is registered, and is
 * `syncing` meanwhile (api-reference/agent/list-connected-agents).
 */
export function countAgentsWith(
  { status, createdAtMs }: Pick<LibraryModel, 'status' | 'createdAtMs'>,
  { agents, listedAtMs }: ListedAgents,
): number | null {
  if (status !== 'active' || createdAtMs === null || createdAtMs > listedAtMs - startsWithinMs) return null
  return agents.filter((agent) => !isSyncing(agent) && !isUnhealthy(agent)).length
}

/** What each agent downloads. */
export const syncLines = (agents: readonly Agent[], t: Translate): readonly string[] =>
  agents.filter(isSyncing).map(({ name, syncDetail, syncPercent }) => {
    const detail = syncDetail === '' ? t('library.agent-downloading') : visibleText(syncDetail)
    const percent = syncPercent === null ? null : t('row.percent', { percent: syncPercent })
    return joinFacts([t('library.agent-syncing', { name: visibleText(name), detail }), percent], t)
  })
